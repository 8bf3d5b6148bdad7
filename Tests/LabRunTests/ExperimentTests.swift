import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import LabRun

/// Runs of several experiments, each on the lab that the run has brought up.
struct ExperimentTests {
  /// An experiment that is a function.
  private struct Deed: Experiment {
    let name: String
    var otherModes: [LabMode] = []
    let body: @Sendable (LabInUse, inout RunResult) async throws(LabError) -> Void

    func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
      try await body(lab, &result)
    }
  }

  private static let full = LabError(.init("test_failed"), "it cannot be done", step: "test")

  @Test func experimentsComeInOrder() async throws {
    try await FakeRun.with { run in
      var manifest = run.manifest
      var sweep = Sweep(exchange: "first")
      (sweep.repeats, sweep.warmups) = (2, 0)
      manifest.sweep = sweep
      let seen = SharedValue<[String]>([])
      let last = Deed(name: "the last") { lab, result throws(LabError) in
        let (exchanges, points) = (result.exchanges.count, result.sweep?.points.count ?? 0)
        seen.update { $0.append("\(exchanges) exchange, \(points) point in \(lab.mode.rawValue)") }
      }
      let finished = try await run.finish(manifest, further: [last])
      #expect(seen.value == ["1 exchange, 1 point in \(run.backend.mode.rawValue)"])
      #expect(finished.report.sweep?.points.first?.samples.count == 2)
      #expect(finished.troubles.isEmpty)
      // One lab for all, and what is on the boards already is not put there again.
      let kinds = run.backend.steps.map(\.kind)
      #expect(kinds.filter { $0 == .create }.count == 1)
      #expect(kinds.filter { $0 == .put }.count == 3)
      // The finished sweep's journal has gone with its run.
      let runs = try FileManager.default.contentsOfDirectory(
        atPath: "\(run.folder)/.pilab/test/runs")
      #expect(!runs.contains { $0.hasPrefix(".") })
      #expect(FileManager.default.fileExists(atPath: "\(finished.folder)/sweep.jsonl"))
    }
  }

  /// While an exchange goes on, on the lab that the run holds, and without finding it a second time.
  @Test func boardsAreActedOnMeanwhile() async throws {
    let isReleased = SharedValue(false)
    let receiver: FakeBackend.Program = { board, arguments, onLine throws(LabError) in
      if arguments.contains("--store-decrypted") {
        return try await FakeRun.receiver(decrypted: FakeRun.picture)(board, arguments, onLine)
      }
      while !isReleased.value, !Task.isCancelled { await Task.yield() }
      return try await FakeRun.failing("connection_lost", step: "image", 6)(
        board, arguments, onLine)
    }
    try await FakeRun.with(machines: true, receiver: receiver) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      var exchange = run.exchange
      exchange.store = []
      let impairment = LinkImpairment(loss: Percentage(partsPerMillion: 10_000))
      let cut = Deed(name: "a cut") { [exchange, backend = run.backend] lab, _ throws(LabError) in
        let before = backend.steps.filter { $0.kind == .run && $0.board == "bob" }.count
        let runner = ExchangeRunner(
          plan: try await lab.deployment.prepare(exchange),
          sender: try lab.live.board("alice"), receiver: try lab.live.board("bob"),
          observer: lab.observer)
        async let ends = Self.result { () throws(LabError) in try await runner.run() }
        while backend.steps.filter({ $0.kind == .run && $0.board == "bob" }).count == before {
          await Task.yield()
        }
        try await lab.live.impair("alice", impairment)
        try await lab.live.setLink(of: "bob", up: false)
        try await lab.live.kill("bob")
        isReleased.update { $0 = true }
        let failure = FailureCause.select(try await ends.get())?.failure
        #expect(failure?.code.name == "connection_lost")
      }
      let finished = try await run.finish(further: [cut])
      #expect(finished.troubles.isEmpty)
      #expect(finished.report.exchanges.map(\.verdict) == [.identical])
      let changes = try #require(finished.report.changes)
      #expect(changes.map(\.kind) == ["impair", "link-down", "kill"])
      #expect(changes.map(\.duringRun) == [true, true, true])
      // By this process: they are told where its steps are.
      #expect(changes.map(\.byScenario) == [true, true, true])
      #expect(finished.report.changesDuring.isEmpty)
      #expect(run.backend.steps.filter { $0.kind == .attach }.count == 1)
      let held = try #require(try keeper.index.summary("test").state?.inForce)
      #expect(held.board("alice").impairment == impairment)
      #expect(held.board("alice").origin == .command)
      #expect(held.board("bob").isLinkDown && held.board("bob").isOff)
      #expect(held.all.allSatisfy { $0.doubt == nil })
      #expect(try await keeper.down("test"))
    }
  }

  /// A board that pilab was told to switch off is lost before the exchange, and how to get it back is said.
  @Test func anExchangeThatCannotBeginIsExplained() async throws {
    let isOff = SharedValue(false)
    let fault: @Sendable (FakeBackend.Step) -> LabError? = { step in
      guard isOff.value, step.board == "bob", step.kind == .put else { return nil }
      return LabError(.connectionLost, "the connection was lost", board: "bob", step: "put")
    }
    try await FakeRun.with(machines: true, fault: fault) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      try await keeper.attach("test").kill("bob")
      isOff.update { $0 = true }
      let finished = try await run.finish()
      let exchange = try #require(finished.report.exchanges.first)
      #expect(exchange.verdict == .failed && exchange.failure?.board == "bob")
      #expect(exchange.failure?.hint?.contains("pilab reboot bob") == true)
      #expect(try await keeper.down("test"))
    }
  }

  @Test func whatFailsOnTheBoardIsInDoubt() async throws {
    let fault: @Sendable (FakeBackend.Step) -> LabError? = { step in
      step.kind == .kill ? Self.full : nil
    }
    try await FakeRun.with(machines: true, fault: fault) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      let kill = Deed(name: "a kill") { lab, _ throws(LabError) in
        try await lab.live.kill("bob")
      }
      let finished = try await run.finish(further: [kill])
      #expect(finished.troubles.map(\.code) == [Self.full.code])
      let bob = try #require(try keeper.index.summary("test").state?.inForce.board("bob"))
      #expect(!bob.isOff)
      #expect(bob.doubt?.contains("'pilab kill bob' failed") == true)
      #expect(try await keeper.down("test"))
    }
  }

  @Test func whatABoardCannotDoIsSaid() async throws {
    try await FakeRun.with { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      let live = try await keeper.attach("test")
      let refusal = await #expect(throws: LabError.self) { try await live.kill("bob") }
      #expect(refusal?.code == .unsupported)
      let unknown = await #expect(throws: LabError.self) { try await live.kill("bobby") }
      #expect(unknown?.code == .noSuchBoard)
      #expect(try keeper.index.summary("test").state?.inForce.changes == [])
      #expect(try await keeper.down("test"))
    }
  }

  @Test func aFailureLeavesWhatWasFoundBefore() async throws {
    try await FakeRun.with { run in
      let hasRun = SharedValue(false)
      let finished = try await run.finish(further: [
        Deed(name: "one that fails") { _, result throws(LabError) in
          result.exchanges[0].warnings.append("seen")
          throw Self.full
        },
        Deed(name: "the next") { _, _ throws(LabError) in hasRun.update { $0 = true } },
      ])
      #expect(finished.troubles.map(\.code) == [Self.full.code])
      #expect(hasRun.value)
      let kept = try ReportFile.read("\(finished.folder)/report.json")
      #expect(kept.exchanges.map(\.verdict) == [.identical])
      #expect(kept.exchanges[0].warnings.contains("seen"))
      #expect(run.backend.there.isEmpty)
    }
  }

  @Test func aCancellationLeavesNothing() async throws {
    try await FakeRun.with { run in
      let error = await #expect(throws: LabError.self) {
        _ = try await run.finish(further: [
          Deed(name: "a stop") { _, _ throws(LabError) in throw .cancelled }
        ])
      }
      #expect(error?.isCancellation == true)
      let rest = try names(in: "\(run.folder)/.pilab/test/runs")
      #expect(rest.isEmpty)
      #expect(run.backend.there.isEmpty)
    }
  }

  /// Of two that want another mode, each gets its lab of it: the same.
  @Test func otherModesHaveLabsOfTheirOwn() async throws {
    try await FakeRun.with { run in
      let other = FakeBackend(mode: LabMode(rawValue: "other"))
      let modes = SharedValue<[LabMode]>([])
      let deed = Deed(name: "one", otherModes: [other.mode]) { lab, _ throws(LabError) in
        modes.update { $0.append(lab.mode) }
      }
      let finished = try await run.finish(further: [deed, deed], others: [other])
      #expect(modes.value == [other.mode, other.mode, .fake, .fake])
      #expect(other.steps.map(\.kind) == [.create, .destroy])
      #expect(finished.report.mode == LabMode.fake.rawValue)
    }
  }

  private static func result<Value: Sendable>(
    _ body: @Sendable () async throws(LabError) -> Value
  ) async -> Result<Value, LabError> {
    do throws(LabError) { return .success(try await body()) } catch { return .failure(error) }
  }
}
