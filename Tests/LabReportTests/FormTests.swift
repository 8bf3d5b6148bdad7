import Foundation
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// The text forms against files that were looked at by a person: Golden/NAME. With PILAB_RECORD=1 they are
/// written anew, and the test fails, so that nobody leaves it on.
@Suite struct FormTests {
  private static let golden = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden")

  private static func expectGolden(_ text: String, _ name: String) throws {
    let file = golden.appending(path: name)
    if ProcessInfo.processInfo.environment["PILAB_RECORD"] == "1" {
      try Data(text.utf8).write(to: file)
      Issue.record("recorded \(name)")
      return
    }
    let wanted = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == wanted, "\(name) differs; PILAB_RECORD=1 records it anew")
  }

  /// One exchange that worked, one that failed, and one whose capture refutes it; a sweep with a point
  /// that failed once, and one that was never measured.
  static func everything() -> RunResult {
    var bad = Sample.exchange("classic")
    bad.capture = CaptureResult(
      file: "classic/capture.pcap", linkType: "EN10MB", traffic: CaptureTraffic(),
      conversations: [], exchangeConversation: nil,
      evidence: CaptureEvidence(
        plaintextAbsent: Check(
          id: .plaintextAbsent, claim: "The plaintext did not cross the wire.", verdict: .refuted,
          finding: "It did."),
        ciphertextIdentical: Check(
          id: .ciphertextIdentical, claim: "The stored file crossed the wire.", verdict: .proved,
          finding: "Yes."),
        protocolAgrees: Check(
          id: .protocolAgrees, claim: "The frames follow the protocol.", verdict: .notProvable,
          finding: "No frames."),
        blockPattern: Check(
          id: .blockPattern, claim: "Equal blocks stay equal.", verdict: .proved, finding: "Yes.")))
    bad.warnings = ["A | pipe, a *star* and <b>bold</b>."]
    var report = Sample.report([
      bad,
      Sample.exchange(
        "sealed", profile: "sealed", cipher: "cobblestone-128",
        authentication: "psk"), Sample.failed("wrong-key"),
    ])
    var sweep = SweepFixture.report()
    sweep.points[1].samples.append(SweepFixture.failed)
    sweep.points[2].samples = []
    report.sweep = sweep
    return report
  }

  @Test(arguments: [
    (ReportForm.markdown, "everything.md"), (.junit, "everything.xml"), (.csv, "everything.csv"),
    (.openmetrics, "everything.metrics"), (.text, "everything.txt"),
  ])
  func everythingAsText(form: ReportForm, name: String) throws {
    try Self.expectGolden(try form.render(Self.everything(), folder: "/"), name)
  }

  @Test(arguments: [
    (ReportForm.markdown, "one.md"), (.junit, "one.xml"), (.csv, "one.csv"),
    (.openmetrics, "one.metrics"),
  ])
  func oneExchangeAsText(form: ReportForm, name: String) throws {
    try Self.expectGolden(
      try form.render(Sample.report([Sample.exchange("classic")]), folder: "/"), name)
  }

  @Test(arguments: [
    (ReportForm.markdown, "scenarios.md"), (.junit, "scenarios.xml"),
    (.junitSurefire, "scenarios.surefire.xml"), (.csv, "scenarios.csv"),
    (.openmetrics, "scenarios.metrics"), (.text, "scenarios.txt"),
  ])
  func scenariosAsText(form: ReportForm, name: String) throws {
    try Self.expectGolden(
      try form.render(ScenarioSample.report(ScenarioSample.everything()), folder: "/"), name)
  }

  @Test func comparisonAsText() throws {
    let (before, after) = CompareTests.pair()
    let text = ComparisonText(Comparison(before, after))
    try Self.expectGolden(text.terminal(), "compare.txt")
    try Self.expectGolden(text.markdown(), "compare.md")
  }

  /// By programs that are not ours: jsonschema, xmllint, and the parser of Prometheus.
  @Test func othersReadTheForms() throws {
    let hostile = "a\"b\\c|d<e>&f'g\n=h"
    var odd = Sample.exchange(hostile)
    (odd.image.name, odd.warnings) = (hostile, [hostile])
    var strange = Sample.report([odd])
    strange.lab = hostile
    var lenient = ScenarioSample.everything()
    lenient.allowsFlaky = true
    let folder = try TemporaryFolder()
    for (name, report) in [
      ("everything", Self.everything()), ("one", Sample.report([Sample.exchange("x")])),
      ("none", Sample.report([])), ("strange", strange),
      ("scenarios", ScenarioSample.report(ScenarioSample.everything())),
      ("lenient", ScenarioSample.report(lenient)),
      ("hostile", ScenarioSample.report(Self.hostile(hostile))),
      ("nothing", ScenarioSample.report(TestResult(seed: 1))),
    ] {
      for form in [ReportForm.json, .junit, .junitSurefire, .openmetrics, .csv] {
        let text = try form.render(report, folder: "/")
        try folder.write(Array(text.utf8), to: "\(name).\(form.rawValue)")
      }
      try folder.write(Array(ReportSchema.json.utf8), to: "schema")
      let output = try run(
        ["/usr/bin/python3", Fixture.forms, folder.path("schema"), folder.path(name)], in: folder)
      #expect(output == "good\n", "\(name)")
    }
  }

  /// The same text wherever there is one.
  private static func hostile(_ text: String) -> TestResult {
    var tests = ScenarioSample.everything()
    for (place, scenario) in tests.scenarios.enumerated() {
      tests.scenarios[place].name = "\(text)\(place)"
      tests.scenarios[place].about = text
      for index in scenario.cells.indices {
        tests.scenarios[place].cells[index].exchange = text
        tests.scenarios[place].cells[index].mode = text
        tests.scenarios[place].cells[index].faults = [text]
        tests.scenarios[place].cells[index].reason = text
        tests.scenarios[place].cells[index].replay = text
        for attempt in scenario.cells[index].attempts.indices {
          tests.scenarios[place].cells[index].attempts[attempt].mismatches = [
            Mismatch(step: 1, text, expected: text, found: text)
          ]
        }
      }
    }
    return tests
  }

  @Test func sweepsAndScenariosAreReadBack() throws {
    for report in [Self.everything(), ScenarioSample.report(ScenarioSample.everything())] {
      #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
    }
  }

  /// Names of the properties of one of the schema's objects, or of what is held by a property of it.
  private static func properties(_ name: String, _ inner: String? = nil) throws -> Set<String> {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(ReportSchema.json.utf8)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: Any])
    var object = try #require(definitions[name] as? [String: Any])
    if let inner {
      let all = try #require(object["properties"] as? [String: Any])
      let property = try #require(all[inner] as? [String: Any])
      let held = property["items"] ?? property["additionalProperties"]
      object = held as? [String: Any] ?? property
    }
    return Set(try #require(object["properties"] as? [String: Any]).keys)
  }

  /// Each property of a type, written or not, has its place in the schema; a validator would only see those written.
  @Test func theSchemaKnowsWhatScenariosHold() throws {
    let facts = ScenarioSample.intercepted()
    let attacker = try #require(facts.attacker)
    let step = StepResult(number: 1, text: "")
    let tests = ScenarioSample.everything()
    for (value, known) in [
      (tests, try Self.properties("tests")), (tests.scenarios[0], try Self.properties("scenario")),
      (tests.cells[0], try Self.properties("cell")),
      (tests.cells[0].attempts[0], try Self.properties("attempt")),
      (Mismatch(step: 1, "", expected: "", found: ""), try Self.properties("mismatch")),
      (step, try Self.properties("step")), (facts, try Self.properties("exchangeFacts")),
      (
        CommandFacts(exit: 0, signal: nil, output: "", errors: ""),
        try Self.properties("commandFacts")
      ),
      (facts.sender, try Self.properties("sideFacts")),
      (FileFacts(.absent), try Self.properties("exchangeFacts", "files")),
      (attacker, try Self.properties("attackerFacts")),
      (attacker.frames[0], try Self.properties("attackerFacts", "frames")),
      (attacker.hellos[0], try Self.properties("attackerFacts", "hellos")),
      (
        AttackerFacts.Fault(fault: 0, spec: "", fired: 0),
        try Self.properties("attackerFacts", "faults")
      ),
      (try #require(attacker.legs?.first), try Self.properties("attackerFacts", "legs")),
      (try #require(attacker.obtained), try Self.properties("attackerFacts", "obtained")),
    ] as [(Any, Set<String>)] {
      let held = Set(Mirror(reflecting: value).children.compactMap(\.label))
      #expect(held == known, "\(type(of: value))")
    }
  }

  @Test func manyCellsAreSummedUp() throws {
    let bad = (1...300).map { ScenarioSample.flipped($0, .failed) }
    let good = (301...600).map { ScenarioSample.flipped($0, .passed) }
    let report = ScenarioSample.report(
      TestResult(seed: 1, scenarios: [ScenarioResult(name: "many", cells: bad + good)]))
    let markdown = try ReportForm.markdown.render(report, folder: "/")
    #expect(markdown.contains("… and 101 more rows") && markdown.contains("… and 250 more cells"))
    let text = try ReportForm.text.render(report, folder: "/")
    #expect(text.contains("Not as expected: 300 failed, 300 passed."))
    #expect(text.contains("… and 100 more in report.json"))
  }

  @Test func formulasStayText() {
    var exchange = Sample.exchange("=1+1")
    exchange.image.name = "@x"
    let csv = CSVReport(Sample.report([exchange])).render()
    #expect(csv.contains(",\"'=1+1\",") && csv.contains(",\"'@x\","))
  }
}
