import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabTestSupport
import LabValues
import PiExchange
import Synchronization
import Testing

@testable import LabRun

/// Whole runs without processes: what the order of things does when boards, programs and files fail it.
struct FakeRunTests {
  private typealias Step = FakeBackend.Step

  @Test func aRunThatNothingDisturbs() async throws {
    try await FakeRun.with { run in
      let finished = try await run.finish()
      #expect(finished.report.exchanges.map(\.verdict) == [.identical])
      #expect(finished.troubles.isEmpty)
      // Programs first, the sender's start before the receiver's, and the lab taken away at the end.
      let kinds = run.backend.steps.map(\.kind).filter { $0 != .board }
      #expect(kinds == [.create, .put, .put, .put, .run, .run, .get, .get, .get, .destroy])
      #expect(run.backend.there.isEmpty)
    }
  }

  @Test func aSenderThatNeverListens() async throws {
    try await FakeRun.with(sender: FakeRun.silent) { run in
      let plan = ExchangePlan(
        exchange: run.exchange, image: try #require(BoardPath("images/0.ppm")))
      let lab = try await run.backend.create(run.plan)
      var runner = ExchangeRunner(
        plan: plan, sender: try lab.board("alice"), receiver: try lab.board("bob"),
        observer: { _ in })
      runner.limits.listen = .milliseconds(50)
      let ends = try await runner.run()
      #expect(FailureCause.select(ends)?.failure?.code.name == "not_listening")
      // The receiver was never started.
      #expect(!run.backend.steps.contains { $0.kind == .run && $0.board == "bob" })
    }
  }

  @Test func aSenderThatEndsBeforeItListens() async throws {
    try await FakeRun.with(sender: FakeRun.failing("address_in_use", step: "listen", 3)) { run in
      let failure = try #require(try await run.finish().report.exchanges.first?.failure)
      #expect(failure.code.name == "not_listening")
      #expect(failure.message.contains("address_in_use"))
      #expect(failure.board == "alice")
    }
  }

  /// Wherever a board goes away, the run ends with a report or a reason, and the lab is taken down.
  @Test(
    arguments: [
      ("put", "alice"), ("put", "bob"), ("run", "alice"), ("run", "bob"), ("get", "bob"),
    ])
  func aBoardThatIsLost(_ kind: String, _ board: String) async throws {
    let kind = try #require(Step.Kind(rawValue: kind))
    let fault: @Sendable (Step) -> LabError? = { step in
      guard step.kind == kind, step.board == board else { return nil }
      return LabError(
        .switchedOff, "the board is switched off", board: board, step: kind.rawValue)
    }
    try await FakeRun.with(fault: fault) { run in
      let exchange = try #require(try await run.finish().report.exchanges.first)
      #expect(exchange.verdict == .failed)
      #expect(exchange.failure?.code.name == "board_switched_off")
      #expect(exchange.failure?.board == board)
      #expect(run.backend.there.isEmpty)
    }
  }

  @Test func aLabThatCannotBeMade() async throws {
    let fault: @Sendable (Step) -> LabError? = { step in
      step.kind == .create
        ? LabError(.boardNotCreated, "no room for boards", step: "create") : nil
    }
    try await FakeRun.with(fault: fault) { run in
      let error = await #expect(throws: LabError.self) { _ = try await run.finish() }
      #expect(error?.code.name == "board_not_created")
      #expect(run.backend.steps.map(\.kind) == [.create, .destroy])
      // Nothing of a lab that was never there is kept.
      #expect(!FileManager.default.fileExists(atPath: "\(run.folder)/.pilab/test/state.json"))
    }
  }

  /// The exchange had succeeded: its proof is not lost with one of the files.
  @Test func aFileThatDoesNotComeHome() async throws {
    let fault: @Sendable (Step) -> LabError? = { step in
      step.kind == .get && step.path?.hasSuffix("encrypted.bin") == true && step.board == "alice"
        ? LabError(.fileNotCopied, "cannot bring it", board: "alice", step: "get") : nil
    }
    try await FakeRun.with(fault: fault) { run in
      let finished = try await run.finish()
      let exchange = try #require(finished.report.exchanges.first)
      #expect(exchange.files["senderEncrypted"] == nil)
      #expect(exchange.files["receiverDecrypted"] != nil)
      #expect(exchange.warnings.contains { $0.contains("alice/encrypted.bin is missing") })
      #expect(finished.troubles.map(\.code) == [.fileNotCopied])
    }
  }

  @Test func anImageThatArrivesOtherwise() async throws {
    try await FakeRun.with(receiver: FakeRun.receiver(decrypted: [9, 9, 9])) { run in
      let exchange = try #require(try await run.finish().report.exchanges.first)
      #expect(exchange.verdict == .different)
      #expect(exchange.checks.contains { $0.verdict == .refuted })
    }
  }

  @Test func cancellationTakesTheLabAway() async throws {
    try await FakeRun.with(sender: FakeRun.silent) { run in
      let task = Task { try await run.finish() }
      let hasStarted = try await eventually { run.backend.steps.contains { $0.kind == .run } }
      #expect(hasStarted)
      task.cancel()
      let error = await #expect(throws: LabError.self) { _ = try await task.value }
      #expect(error?.isCancellation == true)
      #expect(run.backend.there.isEmpty)
    }
  }

  @Test func aLabThatIsUpIsFoundAgainAndTakenDown() async throws {
    try await FakeRun.with { run in
      let keeper = run.keeper
      let request = LabRequest(manifest: run.manifest, root: keeper.root)
      #expect(try await keeper.up(request))
      #expect(try await !keeper.up(request))
      #expect(try keeper.index.summary("test").condition == .up)
      let finished = try await run.finish()
      #expect(finished.report.exchanges.map(\.verdict) == [.identical])
      // The run has used the lab, and left it.
      #expect(run.backend.there.count == 1)
      #expect(try await keeper.down("test"))
      #expect(try await !keeper.down("test"))
      #expect(run.backend.there.isEmpty)
    }
  }
}
