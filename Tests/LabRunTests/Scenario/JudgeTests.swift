import LabCore
import LabManifest
import LabResults
import LabValues
import Testing

@testable import LabRun

struct JudgeTests {
  private static func command(_ output: String = "", errors: String = "", exit: Int32? = 0)
    -> CommandFacts
  {
    CommandFacts(
      exit: exit, signal: exit == nil ? 9 : nil, output: output, errors: errors)
  }

  private static func found(_ facts: CommandFacts, _ expected: CommandExpectation) -> [String] {
    var judge = Judge(step: 1)
    judge.judge(facts, expected)
    return judge.mismatches.map(\.sentence)
  }

  @Test func exits() {
    var expected = CommandExpectation()
    #expect(Self.found(Self.command(), expected) == [])
    #expect(Self.found(Self.command(exit: 2), expected) == ["exit is 2, expected 0"])
    #expect(
      Self.found(Self.command(exit: nil), expected) == ["exit is ended by signal 9, expected 0"])
    expected.exit = .isNot(0)
    #expect(Self.found(Self.command(exit: 2), expected) == [])
    #expect(Self.found(Self.command(), expected) == ["exit is 0, expected not 0"])
    // What a signal ends has no status, and so not another one either.
    #expect(Self.found(Self.command(exit: nil), expected).count == 1)
  }

  @Test func texts() throws {
    var expected = CommandExpectation()
    expected.output = [
      .is("a b"), .contains(" "), .matches(try RegularExpression("^a.b$")), .empty(false),
    ]
    expected.errors = [.empty(true)]
    #expect(Self.found(Self.command("a b\n"), expected) == [])
    #expect(
      Self.found(Self.command("ab\n", errors: "x"), expected) == [
        "stdout is 'ab', expected 'a b'", "stdout is 'ab', expected a text with ' '",
        "stdout is 'ab', expected a line that matches '^a.b$'",
        "stderr is 'x', expected empty",
      ])
    #expect(
      Self.found(Self.command("first\na-b\nlast"), .matching("^a.b$")) == [])
  }

  /// What only looks like the text is another one.
  @Test func textsAreComparedByTheirBytes() throws {
    var expected = CommandExpectation()
    expected.output = [.is("caf\u{E9}")]
    #expect(Self.found(Self.command("caf\u{E9}\n"), expected) == [])
    #expect(Self.found(Self.command("cafe\u{301}\n"), expected).count == 1)
    expected.output = [.contains("\n"), .contains(""), .is("a\r\nb\r")]
    #expect(Self.found(Self.command("a\r\nb\r\n"), expected) == [])
  }

  /// As grep has it: the end of the last line begins none.
  @Test func anEmptyLineIsOneThatIsThere() {
    #expect(Self.found(Self.command(""), .matching("^$")).count == 1)
    #expect(Self.found(Self.command("a\n"), .matching("^$")).count == 1)
    #expect(Self.found(Self.command("a\n\n"), .matching("^$")) == [])
    #expect(Self.found(Self.command("\n"), .matching("^$")) == [])
  }

  @Test func json() {
    let text = #"{"a":[1,{"b~/c":true}],"n":2.5,"s":"x","z":null}"#
    func met(_ pointer: String, _ wanted: JSONExpectation) -> [String] {
      var expected = CommandExpectation()
      expected.output = [.json(pointer: pointer, wanted)]
      return Self.found(Self.command(text), expected)
    }
    #expect(met("/a/0", .is(.integer(1))) == [])
    #expect(met("/a/1/b~0~1c", .is(.boolean(true))) == [])
    #expect(met("/z", .is(.null)) == [])
    #expect(met("/n", .between(2, 3)) == [])
    #expect(met("/n", .is(.number(2.5))) == [])
    #expect(met("/a/00", .is(.integer(1))) == ["stdout /a/00 is not there, expected 1"])
    #expect(met("/n", .between(nil, 2)) == ["stdout /n is 2.5, expected at most 2.0"])
    #expect(met("/s", .between(0, nil)) == ["stdout /s is \"x\", expected at least 0.0"])
    #expect(met("/s", .is(.integer(1))) == ["stdout /s is \"x\", expected 1"])
    var expected = CommandExpectation()
    expected.output = [.json(pointer: "", .is(.integer(1)))]
    #expect(Self.found(Self.command("no"), expected) == ["stdout  is not JSON: 'no', expected 1"])
  }

  /// What the rest of a text may have says nothing.
  @Test(arguments: [
    (TextExpectation.contains("ab"), Found.asExpected), (.contains("zz"), .unknown),
    (.is("abc"), .otherwise), (.is("abcdefgh"), .unknown), (.empty(true), .otherwise),
    (.empty(false), .asExpected), (.json(pointer: "/a", .is(.integer(1))), .unknown),
  ])
  func whatWasCutIsUnknown(_ expectation: TextExpectation, _ found: Found) {
    let facts = CommandFacts(exit: 0, signal: nil, output: "abcdef", errors: "", cut: [.output])
    var expected = CommandExpectation()
    expected.output = [expectation]
    var judge = Judge(step: 1)
    judge.judge(facts, expected)
    #expect((judge.doubt != nil) == (found == .unknown))
    #expect(judge.mismatches.isEmpty == (found != .otherwise))
    // The other text is whole.
    var errors = CommandExpectation()
    errors.errors = [.contains("zz")]
    judge = Judge(step: 1)
    judge.judge(facts, errors)
    #expect(judge.doubt == nil && judge.mismatches.first?.found == "empty")
  }

  enum Found: Sendable { case asExpected, otherwise, unknown }

  private static func facts(_ verdict: Outcome, _ sender: String, _ receiver: String)
    -> ExchangeFacts
  {
    ExchangeFacts(
      exchange: "first", profile: "classic", verdict: verdict,
      sender: SideFacts(board: "alice", code: sender),
      receiver: SideFacts(board: "bob", code: receiver), nanoseconds: 1_000_000_000)
  }

  private static func found(
    _ facts: ExchangeFacts, _ expected: ExchangeExpectation, earlier: [String: ExchangeFacts] = [:]
  ) -> [String] {
    var judge = Judge(step: 1)
    judge.judge(facts, expected, earlier: earlier)
    return judge.mismatches.map(\.subject)
  }

  @Test func exchanges() {
    var facts = Self.facts(.failed, "peer_alert", "idle_timeout")
    facts.files = ["receiver-decrypted": FileFacts(.absent)]
    var expected = ExchangeExpectation()
    expected.verdicts = [.timeout]
    expected.sender = ["connection_lost", "peer_alert"]
    expected.receiver = ["idle_timeout"]
    expected.within = .seconds(1)
    expected.files = [.receiverDecrypted: [.absent]]
    #expect(Self.found(facts, expected) == [])
    expected.verdicts = [.identical, .different]
    expected.sender = ["done"]
    expected.receiver = ["truncated"]
    expected.within = .milliseconds(999)
    expected.files = [.receiverDecrypted: [.original], .senderEncrypted: [.absent]]
    expected.attackerHasImage = false
    expected.claims = ["plaintextAbsent": "proved"]
    #expect(
      Self.found(facts, expected) == [
        "verdict", "sender", "receiver", "time", "files.receiver-decrypted",
        "files.sender-encrypted", "claims.plaintextAbsent", "attacker.image",
      ])
  }

  @Test func freshness() {
    var first = Self.facts(.identical, "done", "done")
    (first.sender.nonce, first.receiver.nonce) = ("aa", "bb")
    (first.sender.publicValue, first.receiver.publicValue) = ("01", "02")
    var second = first
    second.sender.nonce = "cc"
    var expected = ExchangeExpectation()
    expected.differs = .init(step: "one", values: [.nonce, .publicValue])
    #expect(
      Self.found(second, expected, earlier: ["one": first]) == [
        "sender.publicValue", "receiver.nonce", "receiver.publicValue",
      ])
    // What nobody knows is not shown to differ.
    second.sender.publicValue = nil
    #expect(Self.found(second, expected, earlier: ["one": first]).contains("sender.publicValue"))
    #expect(Self.found(second, expected) == ["differs"])
  }
}

extension CommandExpectation {
  fileprivate static func matching(_ pattern: String) -> CommandExpectation {
    var expected = CommandExpectation()
    if let pattern = try? RegularExpression(pattern) { expected.output = [.matches(pattern)] }
    return expected
  }
}
