import HostKit
import LabCore

//  keep     all at work ─ settle each ─ pause all ─ keep all ─ resume all      what failed: resume, forget
//  restore  disconnect ─┬─ revert all, resume all ───────────┬─ each: answers, new random numbers
//                       └─ off, revert all, switch all on ───┘

/// All machines of a lab, whose state is kept and brought back as of one moment.
package struct Fleet<M: Machine>: Sendable {
  package let machines: [M]
  /// The hypervisor takes orders about several machines at once.
  package let atOnce: Bool

  package init(_ machines: [M], atOnce: Bool) {
    self.machines = machines
    self.atOnce = atOnce
  }

  /// Keeps the state of every machine under a name; they run on, whatever happens.
  /// - Throws: `.snapshotFailed`, `.switchedOff`.
  package func keep(_ name: String) async throws(LabError) {
    try await checkIsNew(name)
    for machine in machines {
      guard try await machine.isAtWork(step: "snapshot") else {
        throw machine.switchedOff(step: "snapshot")
      }
    }
    for machine in machines { try await machine.settle() }
    let pausing = await tell { machine throws(LabError) in try await machine.pause() }
    if let failure = pausing.failure {
      // One that was told and has not answered may be paused too; of one that is not, the refusal says nothing.
      _ = await resumed(step: "snapshot")
      throw failure
    }
    let keeping = await tell { machine throws(LabError) in try await machine.keepState(name) }
    let resumption = await resumed(step: "snapshot")
    guard let failure = keeping.failure ?? resumption else { return }
    // What some machines have kept is of no use.
    if let another = await forgotten(name) { throw another.following(failure) }
    throw failure
  }

  /// Brings every machine back; returns when all boards answer, with random numbers that they did not have then: two
  /// labs of one moment would choose the same keys.
  /// - Throws: `.noSuchSnapshot`, `.snapshotFailed`.
  package func restore(_ name: String) async throws(LabError) {
    try await checkIsThere(name)
    // They end with the machines as they are now.
    for machine in machines { await machine.disconnect() }
    if !M.revertsWhileOn { for machine in machines { try await machine.switchOff() } }
    let reverting = await tell { machine throws(LabError) in try await machine.revert(to: name) }
    if let failure = reverting.failure {
      // Those that have been brought back are paused.
      if M.revertsWhileOn {
        _ = await Fleet(reverting.done, atOnce: atOnce).resumed(step: "restore")
      }
      throw failure
    }
    let start =
      M.revertsWhileOn
      ? await resumed(step: "restore")
      : await tell { machine throws(LabError) in try await machine.powerOn() }.failure
    if let start { throw start }
    try await concurrentForEach(machines) { machine throws(LabError) in
      let timeout = machine.restoreTimeout
      try await machine.waitUntilReady(until: .now + timeout, timeout: timeout, step: "restore")
      try await machine.reseed()
    }
  }

  /// Names, the oldest first.
  package func names() async throws(LabError) -> [String] {
    guard let first = machines.first else { return [] }
    return try await first.states()
  }

  /// - Throws: `.noSuchSnapshot`, `.snapshotFailed`.
  package func delete(_ name: String) async throws(LabError) {
    try await checkIsThere(name)
    let deletion = await tell { machine throws(LabError) in try await machine.deleteState(name) }
    if let failure = deletion.failure { throw failure }
  }

  // MARK: Names

  private func checkIsNew(_ name: String) async throws(LabError) {
    guard try await names().contains(name) else { return }
    throw LabError(
      .snapshotFailed, "there is already a snapshot '\(name)'", step: "snapshot",
      hint: "take another name, or delete it: pilab snapshot --delete \(name)"
    ).beforehand
  }

  /// - Throws: `.noSuchSnapshot`, naming those that there are.
  private func checkIsThere(_ name: String) async throws(LabError) {
    let known = try await names()
    guard !known.contains(name) else { return }
    throw LabError(
      .noSuchSnapshot, "the lab has no snapshot '\(name)'", step: "restore",
      hint: known.isEmpty
        ? "make one: pilab snapshot \(name)" : "it has: \(known.joined(separator: ", "))")
  }

  // MARK: Undoing

  /// Whoever has been told to stop has it done all the same: a paused board answers nobody.
  private func resumed(step: String) async -> LabError? {
    await uncancelled { [self] in
      await tell(all: true) { machine throws(LabError) in try await machine.resume(step: step) }
        .failure
    }
  }

  private func forgotten(_ name: String) async -> LabError? {
    await uncancelled { [self] in
      await tell(all: true) { machine throws(LabError) in try await machine.deleteState(name) }
        .failure
    }
  }

  // MARK: Orders

  private struct Outcome: Sendable {
    /// Those that did as they were told.
    var done: [M] = []
    /// The first.
    var failure: LabError?
  }

  /// Tells each machine; after a failure no other is begun with.
  /// - Parameter all: goes on past failures.
  private func tell(
    all: Bool = false, _ order: @escaping @Sendable (M) async throws(LabError) -> Void
  ) async -> Outcome {
    guard atOnce else { return await tellInTurn(all: all, order) }
    return await withTaskGroup(of: (M, LabError?).self) { group in
      for machine in machines {
        group.addTask {
          do throws(LabError) { try await order(machine) } catch { return (machine, error) }
          return (machine, nil)
        }
      }
      var outcome = Outcome()
      for await (machine, failure) in group {
        if let failure {
          outcome.failure = outcome.failure ?? failure
          if !all { group.cancelAll() }
        } else {
          outcome.done.append(machine)
        }
      }
      return outcome
    }
  }

  private func tellInTurn(
    all: Bool, _ order: (M) async throws(LabError) -> Void
  ) async -> Outcome {
    var outcome = Outcome()
    for machine in machines {
      do throws(LabError) {
        try await order(machine)
        outcome.done.append(machine)
      } catch {
        outcome.failure = outcome.failure ?? error
        if !all { break }
      }
    }
    return outcome
  }
}
