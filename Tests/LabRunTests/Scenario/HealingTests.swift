import LabCore
import LabManifest
import LabTestSupport
import LabValues
import Testing

@testable import LabRun

/// What is done to a lab for a time is written down first, and undone last in first out.
struct HealingTests {
  private static let loss = LinkImpairment(loss: Percentage(partsPerMillion: 10_000))

  private static func deeds(_ run: FakeRun) -> [String] {
    run.backend.steps.filter { [.impair, .link, .kill, .reboot].contains($0.kind) }
      .map(\.description)
  }

  @Test func theLastIsUndoneFirst() async throws {
    try await FakeRun.with(machines: true) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      let live = try await keeper.attach("test")
      try await live.disturbImpairment(of: "alice", Self.loss)
      try await live.disturbLink(of: "alice", up: false)
      try await live.disturbPower(of: "bob")
      #expect(try live.disturbances().map(\.number) == [1, 2, 3])
      let before = Self.deeds(run).count
      let undone = try await live.heal()
      #expect(undone.map(\.number) == [3, 2, 1])
      let after = Self.deeds(run).dropFirst(before)
      #expect(after.first == "reboot bob")
      #expect(after.contains { $0.hasPrefix("link alice") })
      #expect(try live.disturbances().isEmpty)
      let held = try #require(try live.conditions())
      #expect(held.all.allSatisfy { $0.impairment == nil && !$0.isLinkDown && !$0.isOff })
      // Nothing is left to undo.
      #expect(try await live.heal().isEmpty)
      #expect(try await keeper.down("test"))
    }
  }

  /// One that cannot be undone stays written down, and the others are undone all the same.
  @Test func whatCannotBeUndoneStaysWrittenDown() async throws {
    let isStuck = SharedValue(true)
    let fault: @Sendable (FakeBackend.Step) -> LabError? = { step in
      guard step.kind == .reboot, isStuck.value else { return nil }
      return LabError(.bootFailed, "it does not start", step: "reboot")
    }
    try await FakeRun.with(machines: true, fault: fault) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      let live = try await keeper.attach("test")
      try await live.disturbLink(of: "alice", up: false)
      try await live.disturbPower(of: "bob")
      let error = await #expect(throws: LabError.self) { try await live.heal() }
      #expect(error?.code == .notHealed)
      #expect(error?.message.contains("bob is started again") == true)
      #expect(try live.disturbances().map(\.kind) == [.power(board: "bob")])
      #expect(try live.conditions()?.board("alice").isLinkDown == false)
      isStuck.update { $0 = false }
      #expect(try await live.heal().count == 1)
      #expect(try await keeper.down("test"))
    }
  }

  /// Even where doing it fails at once, it may have been done.
  @Test func itIsWrittenDownBeforeItIsDone() async throws {
    let fault: @Sendable (FakeBackend.Step) -> LabError? = { step in
      step.kind == .kill ? LabError(.init("lost"), "nobody knows", step: "kill") : nil
    }
    try await FakeRun.with(machines: true, fault: fault) { run in
      let keeper = run.keeper
      #expect(try await keeper.up(LabRequest(manifest: run.manifest, root: keeper.root)))
      let live = try await keeper.attach("test")
      await #expect(throws: LabError.self) { try await live.disturbPower(of: "bob") }
      #expect(try live.disturbances().map(\.kind) == [.power(board: "bob")])
      #expect(try await keeper.down("test"))
    }
  }
}
