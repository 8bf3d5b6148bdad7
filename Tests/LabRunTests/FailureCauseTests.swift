import LabCore
import PiExchange
import Testing

@testable import LabRun

struct FailureCauseTests {
  @Test func noFailureNoCause() {
    #expect(FailureCause.select([.done(.receiver), .done(.sender)]) == nil)
    #expect(FailureCause.select([]) == nil)
  }

  /// Whichever program ends first, the failure that brought about the other is reported.
  @Test(arguments: [
    ("integrity_failure", "peer_alert"), ("key_confirmation_failed", "connection_lost"),
    ("image_unreadable", "connect_failed"), ("killed", "truncated"),
    ("storage_failed", "peer_alert"),
    ("idle_timeout", "connection_lost"), ("connect_failed", "interrupted"),
    ("peer_alert", "connection_lost"), ("mismatch", "handshake_timeout"), ("killed", "not_ended"),
  ])
  func causeIsPreferredToConsequence(_ cause: String, _ consequence: String) {
    let ends: [ProgramEnd] = [.failed(.sender, cause), .failed(.receiver, consequence)]
    #expect(FailureCause.select(ends)?.failure?.code.name == cause)
    #expect(FailureCause.select(ends.reversed())?.failure?.code.name == cause)
  }

  @Test func ofEqualsTheFirstIsTheCause() {
    let ends: [ProgramEnd] = [.failed(.receiver, "mismatch"), .failed(.sender, "mismatch")]
    #expect(FailureCause.select(ends)?.role == .receiver)
    #expect(FailureCause.select(ends.reversed())?.role == .sender)
  }

  @Test func aConsequenceAloneIsStillReported() {
    let ends: [ProgramEnd] = [.done(.sender), .failed(.receiver, "connection_lost")]
    #expect(FailureCause.select(ends)?.board == "bob")
  }

  /// The sender that refused its receiver goes on listening until pilab stops it; a stranger's fault is no cause.
  @Test func aRefusalExplainsAnAlertOnly() {
    var sender = ProgramEnd(role: .sender, board: "alice", outcome: .stopped)
    sender.refusal = LabError(.init("mismatch"), "another name", step: "hello")
    let cause = FailureCause.select([.failed(.receiver, "peer_alert"), sender])
    #expect(cause?.board == "alice")
    #expect(cause?.failure?.code.name == "mismatch")
    #expect(FailureCause.select([.failed(.receiver, "connection_lost"), sender])?.board == "bob")
    #expect(FailureCause.select([.done(.receiver), sender]) == nil)
  }

  @Test func onesThatPilabStoppedOrNeverStartedAreNoCause() {
    let stopped = ProgramEnd(role: .sender, board: "alice", outcome: .stopped)
    let waiting = ProgramEnd(role: .receiver, board: "bob", outcome: .notStarted)
    #expect(FailureCause.select([.failed(.receiver, "mismatch"), stopped])?.role == .receiver)
    #expect(FailureCause.select([.failed(.sender, "listen_failed"), waiting])?.role == .sender)
  }
}
