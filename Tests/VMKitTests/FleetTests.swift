import LabCore
import Testing

@testable import VMKit

struct FleetTests {
  private static func fleet(_ stage: Stage, atOnce: Bool = false) -> Fleet<FakeMachine> {
    Fleet(["alice", "bob"].map { FakeMachine(name: $0, stage: stage) }, atOnce: atOnce)
  }

  private static func refusal(
    _ body: () async throws(LabError) -> Void
  ) async -> LabError? {
    do throws(LabError) { try await body() } catch { return error }
    return nil
  }

  @Test func allArePausedBeforeOneIsKept() async throws {
    let stage = Stage()
    try await Self.fleet(stage).keep("warm")
    #expect(
      stage.orders == [
        "alice: settle", "bob: settle", "alice: pause", "bob: pause", "alice: keep", "bob: keep",
        "alice: resume", "bob: resume",
      ])
    #expect(try await Self.fleet(stage).names() == ["warm"])
  }

  @Test func theSameWhereAllAreToldAtOnce() async throws {
    let stage = Stage()
    try await Self.fleet(stage, atOnce: true).keep("warm")
    for (step, orders) in ["settle", "pause", "keep", "resume"].enumerated() {
      #expect(
        Set(stage.orders[2 * step..<2 * step + 2]) == ["alice: \(orders)", "bob: \(orders)"])
    }
  }

  @Test func aNameIsTakenOnce() async throws {
    let stage = Stage()
    let fleet = Self.fleet(stage)
    try await fleet.keep("warm")
    let before = stage.orders
    let refusal = try #require(
      await Self.refusal { () throws(LabError) in
        try await fleet.keep("warm")
      })
    #expect(
      refusal.code == .snapshotFailed && refusal.isBeforehand
        && refusal.hint?.contains("--delete warm") == true)
    #expect(stage.orders == before)
  }

  @Test func nothingIsKeptOfALabThatIsPartlyOff() async throws {
    let stage = Stage()
    stage.set("bob", on: false)
    let refusal = await Self.refusal { () throws(LabError) in
      try await Self.fleet(stage).keep("warm")
    }
    #expect(refusal?.code == .switchedOff && refusal?.board == "bob")
    #expect(stage.orders == [])
  }

  /// Those that are paused already run on, and nothing was kept.
  @Test(arguments: [false, true])
  func oneThatCannotBePaused(atOnce: Bool) async throws {
    let stage = Stage(failing: ["bob: pause"])
    let refusal = await Self.refusal { () throws(LabError) in
      try await Self.fleet(stage, atOnce: atOnce).keep("warm")
    }
    #expect(refusal?.message == "cannot pause" && refusal?.board == "bob")
    #expect(stage.orders(of: "alice") == ["settle", "pause", "resume"])
    #expect(!stage.orders.contains { $0.hasSuffix("keep") || $0.hasSuffix("delete") })
  }

  /// What the first has kept goes, after all have gone on.
  @Test func oneThatCannotBeKept() async throws {
    let stage = Stage(failing: ["bob: keep"])
    let refusal = await Self.refusal { () throws(LabError) in
      try await Self.fleet(stage).keep("warm")
    }
    #expect(refusal?.message == "cannot keep" && refusal?.board == "bob")
    #expect(
      stage.orders.suffix(4) == ["alice: resume", "bob: resume", "alice: delete", "bob: delete"])
    #expect(stage.states(of: "alice") == [])
  }

  @Test func oneThatDoesNotGoOn() async throws {
    let stage = Stage(failing: ["alice: resume", "alice: delete"])
    let refusal = await Self.refusal { () throws(LabError) in
      try await Self.fleet(stage).keep("warm")
    }
    #expect(refusal?.message == "cannot resume")
    #expect(refusal?.cause?.contains("cannot delete") == true)
    #expect(stage.orders(of: "bob").suffix(2) == ["resume", "delete"])
    #expect(stage.states(of: "bob") == [])
  }

  /// Whoever is told to stop in the middle leaves no board paused and no half of a snapshot.
  @Test(arguments: ["pause", "keep"])
  func cancelled(at order: String) async throws {
    let stage = Stage(hanging: "bob: \(order)")
    let task = Task {
      await Self.refusal { () throws(LabError) in try await Self.fleet(stage).keep("warm") }
    }
    while !stage.orders.contains("bob: \(order)") { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    #expect(await task.value?.code == .cancelled)
    for machine in ["alice", "bob"] {
      #expect(stage.orders(of: machine).contains("resume"))
      #expect(stage.states(of: machine) == [])
    }
    #expect(stage.orders.contains("alice: delete") == (order == "keep"))
  }

  @Test func bringsBackWhatRuns() async throws {
    let stage = Stage()
    for machine in ["alice", "bob"] { stage.change(machine) { $0 = ["warm"] } }
    try await Self.fleet(stage).restore("warm")
    #expect(
      stage.orders.prefix(6) == [
        "alice: disconnect", "bob: disconnect", "alice: revert", "bob: revert", "alice: resume",
        "bob: resume",
      ])
    #expect(stage.orders(of: "bob").suffix(2) == ["answer in 2.0 seconds", "reseed"])
  }

  @Test func bringsBackWhatIsOff() async throws {
    let stage = Stage()
    for machine in ["alice", "bob"] { stage.change(machine) { $0 = ["warm"] } }
    stage.set("bob", on: false)
    let machines = ["alice", "bob"].map {
      FakeOffMachine(inner: FakeMachine(name: $0, stage: stage))
    }
    try await Fleet(machines, atOnce: false).restore("warm")
    #expect(
      stage.orders(of: "alice") == [
        "disconnect", "off", "disconnect", "revert", "on", "answer in 2.0 seconds", "reseed",
      ])
    // It was off already.
    #expect(!stage.orders.contains("bob: off"))
    let place = { (order: String) in stage.orders.firstIndex(of: order) ?? .max }
    #expect(place("bob: revert") < place("alice: on"))
  }

  @Test func oneThatCannotBeBroughtBack() async throws {
    let stage = Stage(failing: ["bob: revert"])
    for machine in ["alice", "bob"] { stage.change(machine) { $0 = ["warm"] } }
    let refusal = await Self.refusal { () throws(LabError) in
      try await Self.fleet(stage).restore("warm")
    }
    #expect(refusal?.message == "cannot revert")
    // The other is paused since it was brought back.
    #expect(stage.orders(of: "alice").last == "resume")
    #expect(stage.orders(of: "bob").last == "revert")
  }

  @Test func unknownNames() async throws {
    let stage = Stage()
    let fleet = Self.fleet(stage)
    var refusal = await Self.refusal { () throws(LabError) in try await fleet.restore("cold") }
    #expect(refusal?.code == .noSuchSnapshot && refusal?.hint == "make one: pilab snapshot cold")
    try await fleet.keep("warm")
    refusal = await Self.refusal { () throws(LabError) in try await fleet.delete("cold") }
    #expect(refusal?.code == .noSuchSnapshot && refusal?.hint == "it has: warm")
    try await fleet.delete("warm")
    #expect(try await fleet.names() == [])
  }
}

struct MachinePowerTests {
  @Test func aMachineThatRunsIsReset() async throws {
    let stage = Stage()
    try await FakeMachine(name: "bob", stage: stage).restart()
    #expect(
      stage.orders(of: "bob") == [
        "flush", "disconnect", "reset", "answer in 1.0 seconds", "configure",
      ])
  }

  @Test func aMachineThatIsOffIsSwitchedOn() async throws {
    let stage = Stage()
    stage.set("bob", on: false)
    try await FakeMachine(name: "bob", stage: stage).restart()
    #expect(
      stage.orders(of: "bob") == ["disconnect", "on", "answer in 1.0 seconds", "configure"])
  }

  @Test func oneThatAResetMayEnd() async throws {
    let stage = Stage()
    try await FakeMachine(name: "bob", stage: stage, survivesReset: false).restart()
    #expect(
      stage.orders(of: "bob") == [
        "flush", "disconnect", "off", "disconnect", "on", "answer in 1.0 seconds", "configure",
      ])
  }

  /// The connection ends after the plug is pulled: whoever uses it will ask why.
  @Test func theConnectionGoesAfterThePlug() async throws {
    let stage = Stage()
    let bob = FakeMachine(name: "bob", stage: stage)
    for _ in 1...2 { try await bob.switchOff() }
    #expect(stage.orders(of: "bob") == ["off", "disconnect", "disconnect"])
  }
}
