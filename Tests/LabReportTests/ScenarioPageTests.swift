import Foundation
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

@Suite struct ScenarioPageTests {
  private func check(
    _ tests: TestResult, in folder: TemporaryFolder
  ) throws -> (html: String, page: CheckedPage) {
    let report = HTMLReport(report: ScenarioSample.report(tests), folder: folder.url.path)
    let html = try report.render()
    return (html, try CheckedPage(html, in: folder))
  }

  private func everything(_ folder: TemporaryFolder) throws -> TestResult {
    let horse = [UInt8](try Data(contentsOf: URL(filePath: Fixture.horse)))
    try folder.write(horse, to: "obtained.ppm")
    return ScenarioSample.everything()
  }

  @Test func everyVerdictHasItsPlace() throws {
    let folder = try TemporaryFolder()
    let (html, page) = try check(everything(folder), in: folder)
    #expect(page.errors == [])
    #expect(page.pngs == [[400, 328]])
    // All but those that passed and were skipped, and the man in the middle who was refused.
    #expect(page.cards == 8)
    #expect(html.contains("<header class=\"page-head failed\">"))
    let text = page.text.replacing("\u{A0}", with: " ")
    for part in [
      "Not as expected: 3 failed, 1 unexpected pass, 1 flaky, 1 inconclusive, 1 skipped,"
        + " 1 known failure, 5 passed.",
      "1 to 4", "4 passed", "mode 'namespace' cannot pull a board's plug", "integrity_failure",
      "pilab test attacks.yaml --scenario bit-flip --cell 5 --seed 4711", "what bob says of",
      "differs from the other's", Sample.hex(61), Sample.hex(62), "no key", "384.4 KiB",
      "mallory in the middle was found out", "key 1", "key 2", "alice, mallory",
      "Hash of the messages from which key 1 comes",
      "It is the image that was sent, byte for byte", "1 failed, 1 inconclusive, 1 passed",
      "Known to end so: Diffie-Hellman alone authenticates nobody.", "always.plaintext",
      "the whole cell", "cat: missing: No such file", "standard error, the beginning of it",
      "The same came of fewer faults", "The plaintext did not cross the wire.",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    for missing in ["At a glance", "What each cipher leaves", "no exchange was run"] {
      #expect(!text.contains(missing), "\(missing)")
    }
    // What has nothing to say takes no words from what stands around it.
    #expect(html.contains("<li value=\"3\">wait for 2s\n"))
  }

  @Test func onlySuccessIsGreen() throws {
    let folder = try TemporaryFolder()
    func scenario(_ verdicts: [CellVerdict]) -> TestResult {
      TestResult(
        seed: 1,
        scenarios: [
          ScenarioResult(
            name: "x",
            cells: verdicts.enumerated().map { ScenarioSample.cell($0 + 1, of: "x", $1) })
        ])
    }
    for (verdicts, isGood) in [
      ([.passed, .skipped, .knownFailure], true), ([.passed], true), ([.skipped], false),
      ([.passed, .inconclusive], false), ([.passed, .flaky], false), ([], false),
    ] as [([CellVerdict], Bool)] {
      let (html, page) = try check(scenario(verdicts), in: folder)
      #expect(page.errors == [])
      #expect(html.contains("page-head \(isGood ? "identical" : "failed")\""), "\(verdicts)")
      #expect(page.text.contains("As expected") == isGood, "\(verdicts)")
    }
    var lenient = scenario([.flaky])
    lenient.allowsFlaky = true
    #expect(try check(lenient, in: folder).html.contains("page-head identical\""))
  }

  @Test func manyCellsStayOnePage() throws {
    let folder = try TemporaryFolder()
    let cells = (1...600).map { ScenarioSample.flipped($0, $0 <= 300 ? .failed : .passed) }
    let (html, page) = try check(
      TestResult(seed: 1, scenarios: [ScenarioResult(name: "many", cells: cells)]), in: folder)
    #expect(page.errors == [])
    #expect(page.cards == 100)
    #expect(page.text.contains("The details of 200 more cells are only in report.json."))
    // A row for the head, 300 for those that failed, one for those that passed, and those of the cards.
    let rows = try #require(
      html.firstMatch(of: /<table [^>]*class="cells cards">[\s\S]*?<\/table>/)
    ).output
    #expect(rows.matches(of: /<tr role="row">/).count == 302)
    #expect(rows.matches(of: /<li>/).count == 300)
    #expect(html.matches(of: /<summary>What happened/).count == 80)
    #expect(html.utf8.count < 2_000_000)
  }

  @Test(arguments: [
    #"<script>alert(1)</script>"#, #"" onmouseover="alert(1)"#, "</style><script>",
    "'><img src=https://example.org/x.png>", "{{lab}} {{{lab}}}", "a\u{0}\u{1B}]0;x\u{7}b",
  ])
  func hostileTextStaysText(text: String) throws {
    let folder = try TemporaryFolder()
    var tests = try everything(folder)
    for (place, scenario) in tests.scenarios.enumerated() {
      tests.scenarios[place].name = text
      tests.scenarios[place].about = text
      for index in scenario.cells.indices { spoil(&tests.scenarios[place].cells[index], text) }
    }
    let (_, page) = try check(tests, in: folder)
    #expect(page.errors == [])
    #expect(page.text.contains(Human.printable(text)))
  }

  private func spoil(_ cell: inout CellResult, _ text: String) {
    (cell.exchange, cell.mode, cell.reason, cell.replay) = (text, text, text, text)
    (cell.faults, cell.shrunk) = ([text], [text])
    for attempt in cell.attempts.indices {
      cell.attempts[attempt].nanoseconds = .max
      cell.attempts[attempt].mismatches = [Mismatch(step: 1, text, expected: text, found: text)]
      for step in cell.attempts[attempt].steps.indices {
        var result = cell.attempts[attempt].steps[step]
        (result.text, result.name) = (text, text)
        result.command?.output = text
        result.exchange?.exchange = text
        result.exchange?.sender.board = text
        result.exchange?.receiver.code = text
        result.exchange?.files = [text: FileFacts(.other)]
        result.exchange?.attacker?.board = text
        result.exchange?.attacker?.attack = text
        result.exchange?.attacker?.frames.append(
          AttackerFacts.Frame(
            session: 2, from: text, type: text, bytes: .max, nanoseconds: .max, changed: true))
        result.exchange?.attacker?.faults.append(
          AttackerFacts.Fault(fault: 9, spec: text, fired: 3, from: text, position: text))
        result.exchange?.attacker?.legs?[0].transcript = text
        result.exchange?.attacker?.legs?[0].publicValue = text
        result.exchange?.attacker?.obtained?.sha256 = text
        result.exchange?.attacker?.picture = text
        cell.attempts[attempt].steps[step] = result
      }
    }
  }

  @Test func aPictureThatIsNotThereIsASentence() throws {
    let folder = try TemporaryFolder()
    let (_, page) = try check(ScenarioSample.everything(), in: folder)
    #expect(page.errors == [])
    #expect(page.pngs.isEmpty)
    #expect(page.text.contains("No picture: the file cannot be read"))
  }
}

@Suite struct FrameEventTests {
  private typealias Fault = AttackerFacts.Fault

  /// The drawing from top to bottom: frames by their side and type, faults by their words.
  private func drawn(_ faults: [Fault], frames: Int = 10) -> [String] {
    var attacker = ScenarioSample.relay()
    attacker.frames = Array(attacker.frames.prefix(frames))
    attacker.faults = faults
    return FrameEvent.events(attacker).map { event in
      switch event {
      case .frame(let frame): "\(frame.from.prefix(1)) \(frame.type)"
      case .fault(let fault): "\(fault.what) | \(fault.place)"
      case .note(let text): text
      }
    }
  }

  private func fault(
    _ spec: String, from: String = "sender", _ position: String, passed: UInt64? = nil
  ) -> Fault {
    Fault(fault: 0, spec: spec, fired: 1, from: from, position: position, passed: passed)
  }

  /// The line in front of the fault's, and that behind it.
  private func neighbours(_ fault: Fault, frames: Int = 10) throws -> [String?] {
    let lines = drawn([fault], frames: frames)
    let place = try #require(lines.firstIndex { $0.contains(" | ") })
    return [
      place > 0 ? lines[place - 1] : nil,
      lines.indices.contains(place + 1) ? lines[place + 1] : nil,
    ]
  }

  @Test func faultsStandWhereTheyWereMade() throws {
    for (fault, wanted) in [
      (fault("sender@HELLO:before=set:public-value:1", "HELLO"), ["s PREAMBLE", "s HELLO"]),
      (fault("sender@HELLO:after=cut", "HELLO"), ["s HELLO", "r CONFIRM"]),
      (fault("receiver@PREAMBLE:before=cut", from: "receiver", "PREAMBLE"), [nil, "r PREAMBLE"]),
      (fault("sender@byte:5:before=flip:1", "byte 5", passed: 432), ["s HEADER", "s IMAGE"]),
      (fault("sender@END:before=append:5", "END", passed: 394_112), ["r RECEIPT", nil]),
    ] as [(Fault, [String?])] {
      #expect(try neighbours(fault) == wanted, "\(fault.spec)")
    }
  }

  /// Nothing of a frame that never came is read; what had passed says where the fault was made.
  @Test func framesThatNeverCameHaveTheirPlace() throws {
    let cut = fault("sender@CONFIRM:before=drop", "CONFIRM", passed: 345)
    #expect(try neighbours(cut, frames: 5) == ["s HELLO", "r CONFIRM"])
    let lost = fault("sender@TRAILER:before=cut", "TRAILER")
    #expect(try neighbours(lost, frames: 8) == ["s IMAGE", nil])
  }

  @Test func faultsOfTheImageAreInTheOrderOfItsBytes() {
    var faults = [
      fault("sender@byte:900:before=flip:1", "byte 900", passed: 1327),
      fault("sender@byte:100:before=hold:1s", "byte 100", passed: 527),
    ]
    faults[0].words = "flip 1 bit at byte 900 of the image"
    faults[1].words = "hold for 1s at byte 100 of the image"
    let lines = drawn(faults).filter { $0.contains(" | ") }
    #expect(
      lines == ["hold for 1s | at byte 100 of the image", "flip 1 bit | at byte 900 of the image"])
  }

  @Test func withoutWordsOfTheScenarioThereAreThoseOfTheProgram() {
    let lines = drawn([fault("sender@HELLO:before=set:public-value:P-1", "HELLO")])
    #expect(lines.contains("set public-value P-1 | at the sender's HELLO"))
    var missed = fault("sender@HELLO:before=cut", "HELLO")
    missed.fired = 0
    #expect(!drawn([missed]).contains { $0.contains(" | ") })
  }

  @Test func longDrawingsEnd() {
    var attacker = ScenarioSample.relay()
    attacker.frames = (1...30).flatMap { session in
      attacker.frames.map { frame in
        var frame = frame
        frame.session = session
        return frame
      }
    }
    let events = FrameEvent.events(attacker)
    let notes = events.compactMap { if case .note(let text) = $0 { text } else { nil } }
    #expect(notes == ["connection 2", "connection 3", "connection 4", "… and 260 more frames"])
  }
}
