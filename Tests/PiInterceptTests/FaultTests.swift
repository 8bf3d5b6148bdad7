import Glibc
import PiExchange
import Testing

@testable import PiIntercept
@testable import PiTransfer

/// Every action, between a real sender and a real receiver. One after the other: they wait in system calls.
@Suite(.serialized) struct FaultTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var specs: [String]
    var sender: String
    var receiver: String
    var testDescription: String { specs.joined(separator: " ") }

    init(_ specs: String..., sender: String, receiver: String) {
      (self.specs, self.sender, self.receiver) = (specs, sender, receiver)
    }
  }

  static let rows: [Row] = [
    Row(sender: "done", receiver: "done"),
    Row(
      "sender@HELLO=flip:nonce", sender: "key_confirmation_failed/confirm",
      receiver: "key_confirmation_failed/confirm"),
    Row(
      "sender@CONFIRM=flip:1", sender: "peer_alert/receipt",
      receiver: "key_confirmation_failed/confirm"),
    Row(
      "sender@HELLO=set:public-value:1", sender: "peer_alert/confirm",
      receiver: "bad_public_value/hello"),
    Row(
      "sender@HELLO=set:public-value:P", sender: "peer_alert/confirm",
      receiver: "bad_public_value/hello"),
    Row(
      "receiver@HELLO=set:public-value:P-1", sender: "bad_public_value/hello",
      receiver: "peer_alert/confirm"),
    Row("receiver@HELLO=reflect", sender: "truncated/hello", receiver: "reflected/hello"),
    Row(
      "sender@byte:100000=flip:1", sender: "peer_alert/receipt",
      receiver: "integrity_failure/image"),
    Row(
      "sender@byte:100000=swap:16400", sender: "peer_alert/receipt",
      receiver: "integrity_failure/image"),
    Row("sender@byte:100000=cut", sender: "peer_alert/receipt", receiver: "truncated/image"),
    Row("sender@END=append:1", sender: "peer_alert/receipt", receiver: "trailing_data/receipt"),
    // What the table does not have.
    Row(
      "receiver@HELLO=set:public-value:own", sender: "reflected/hello",
      receiver: "peer_alert/confirm"),
    Row(
      "sender@HELLO=set:public-value:non-residue", sender: "peer_alert/confirm",
      receiver: "bad_public_value/hello"),
    Row(
      "sender@HELLO=set:public-value:longer", sender: "peer_alert/confirm",
      receiver: "bad_public_value/hello"),
    Row(
      "sender@HELLO=set:public-value:shorter", sender: "peer_alert/confirm",
      receiver: "bad_public_value/hello"),
    Row("sender@HELLO=set:role:2", sender: "peer_alert/confirm", receiver: "reflected/hello"),
    Row(
      "sender@HELLO=set:group:random", sender: "peer_alert/confirm", receiver: "mismatch/hello"),
    Row(
      "sender@HELLO=set:name:carol", sender: "key_confirmation_failed/confirm",
      receiver: "key_confirmation_failed/confirm"),
    Row(
      "sender@PREAMBLE=set:version:2", sender: "peer_alert/confirm",
      receiver: "bad_version/hello"),
    Row("sender@PREAMBLE=flip:magic", sender: "peer_alert/confirm", receiver: "bad_magic/hello"),
    Row(
      "sender@HELLO=set:length:70000", sender: "peer_alert/confirm", receiver: "bad_frame/hello"),
    Row("sender@HEADER=drop", sender: "peer_alert/receipt", receiver: "bad_frame/header"),
    Row(
      "sender@HEADER=set:image-length:5", sender: "peer_alert/receipt",
      receiver: "integrity_failure/header"),
    Row(
      "sender@HEADER=duplicate", sender: "peer_alert/receipt", receiver: "integrity_failure/image"),
    Row("sender@HELLO=swap", sender: "peer_alert/confirm", receiver: "bad_frame/hello"),
    Row("sender@HELLO=reset", sender: "connection_lost", receiver: "connection_lost"),
    Row("receiver@RECEIPT=cut", sender: "truncated/receipt", receiver: "done"),
    Row("receiver@RECEIPT=flip:mac", sender: "integrity_failure/receipt", receiver: "done"),
    Row("receiver@RECEIPT=reflect", sender: "truncated/receipt", receiver: "done"),
    Row("receiver@END=append:1", sender: "trailing_data/receipt", receiver: "done"),
    Row("sender@CONFIRM:before=hold:200ms", sender: "done", receiver: "done"),
    Row("sender@HEADER=drip:1ms", "sender@IMAGE=hold:1ms", sender: "done", receiver: "done"),
  ]

  @Test(arguments: Profile.allCases, rows)
  func endsAsTheTableSays(_ profile: Profile, _ row: Row) throws {
    try InterceptFixture.with(profile) { fixture in
      fixture.image = Array(
        InterceptFixture.picture.prefix(row.specs.first?.contains("drip") == true ? 100 : 393_616))
      fixture.faults = row.specs
      let outcome = try fixture.run()
      let isDone = row.receiver == "done"
      #expect(Self.matches(outcome.words, [row.sender, row.receiver]), "\(outcome.words)")
      #expect((fixture.read("bob/decrypted") == fixture.image) == isDone)
      #expect((fixture.read("bob/decrypted") == nil) == !isDone)
      for fault in outcome.interceptor.faults {
        #expect(fault.fired >= 1 && fault.detail == nil, "\(fault)")
      }
    }
  }

  /// While a sender sends it may hear of the refusal before all is sent.
  static func matches(_ words: [String], _ expected: [String]) -> Bool {
    zip(words, expected).allSatisfy { word, expected in
      word == expected
        || expected == "connection_lost" && word.hasPrefix("connection_lost/")
        || expected == "peer_alert/receipt"
          && ["peer_alert/header", "peer_alert/image", "peer_alert/trailer"].contains(word)
    }
  }

  @Test func aHandshakeThatIsHeldTimesOut() throws {
    for profile in Profile.allCases {
      try InterceptFixture.with(profile) { fixture in
        fixture.handshakeTimeout = .milliseconds(700)
        fixture.faults = ["sender@HELLO=hold:1500ms"]
        let outcome = try fixture.run()
        // The receiver's time began first, and the sender may hear that it is over.
        #expect(outcome.words[1] == "handshake_timeout/hello")
        #expect(["handshake_timeout/confirm", "peer_alert/confirm"].contains(outcome.words[0]))
      }
    }
  }

  @Test func aPausedStreamGoesOnWhenItIsReleased() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.faults = ["sender@byte:200000=pause"]
      let folder = fixture.folder
      let outcome = try fixture.run(onEvent: { event in
        guard case .held(let fault) = event else { return }
        let descriptor = open("\(folder)/mallory/\(fault)", O_CREAT | O_WRONLY, 0o600)
        close(descriptor)
      })
      #expect(outcome.words == ["done", "done"])
      let header = outcome.interceptor.frames.filter { $0.from == .sender && $0.type != "IMAGE" }
      let before = header.reduce(0) { $0 + $1.bytes }
      let report = try #require(outcome.interceptor.faults.first)
      #expect(report.fired == 1 && report.passed == before + 200_000)
      #expect(outcome.events.contains(.held(fault: 0)))
      #expect(outcome.events.contains(.released(fault: 0)))
    }
  }

  @Test func whatIsNotReachedHasNotFired() throws {
    try InterceptFixture.with(.classic) { fixture in
      fixture.image = [1, 2, 3]
      fixture.faults = ["sender@byte:16=cut", "sender@byte:15:after=hold:1ms"]
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"])
      #expect(outcome.interceptor.faults.map(\.fired) == [0, 1])
    }
  }

  @Test func aFieldThatHasTheValueAlreadyIsNotChanged() throws {
    try InterceptFixture.with(.sealed) { fixture in
      fixture.faults = ["sender@HELLO=set:role:sender", "sender@HELLO=set:name:alice"]
      let outcome = try fixture.run()
      #expect(outcome.words == ["done", "done"])
      let details = outcome.interceptor.faults.map(\.detail)
      #expect(details == Array(repeating: "the field has that value already", count: 2))
    }
  }

  @Test func aRunWithoutFaultsIsToldInFull() throws {
    for profile in Profile.allCases {
      try InterceptFixture.with(profile) { fixture in
        let outcome = try fixture.run()
        #expect(outcome.words == ["done", "done"])
        let result = outcome.interceptor
        func types(_ role: Role) -> [String] {
          result.frames.filter { $0.from == role }.map(\.type)
        }
        let trailer = profile == .classic ? ["TRAILER"] : []
        #expect(types(.sender) == ["PREAMBLE", "HELLO", "CONFIRM", "HEADER", "IMAGE"] + trailer)
        #expect(types(.receiver) == ["PREAMBLE", "HELLO", "CONFIRM", "RECEIPT"])
        #expect(result.frames.allSatisfy { !$0.isChanged })
        #expect(result.sessions == 1 && result.unparsed.isEmpty && result.obtained == nil)
        let sent = result.frames.filter { $0.from == .sender }.reduce(0) { $0 + $1.bytes }
        #expect(result.traffic.fromSender == sent && result.traffic.toReceiver == sent)
        #expect(result.traffic.fromReceiver == result.traffic.toSender)
        #expect(Set(result.hellos.map(\.name.text)) == ["alice", "bob"])
        let sender = try #require(result.hellos.first { $0.from == .sender })
        #expect(sender.publicValue == (try outcome.sender.get().publicValue))
      }
    }
  }
}
