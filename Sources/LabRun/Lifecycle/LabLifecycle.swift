import Foundation
import HostKit
import LabCore
import LabManifest
import LabValues

//  (nothing) ── creating ── up ── destroying ── (nothing)
//  The state file says which, and is written before each arrow.

/// The steps of a lab's life. For whoever holds the lab's lock.
struct LabLifecycle: Sendable {
  let folder: LabFolder
  let catalog: BackendCatalog
  let observer: RunObserver

  private var file: StateFile { folder.state }

  /// The lab that is up, nil where there is none. What a run that was killed had for itself is removed.
  /// - Throws: `lab_broken`, `state_damaged`.
  func found() async throws(LabError) -> LabState? {
    guard let state = try file.read() else { return nil }
    if state.isTransient {
      try await remove(state)
      observer(.note("removed what a run that was killed left behind (process \(state.maker))"))
      return nil
    }
    guard state.phase == .up else { throw Self.unfinished(state) }
    return state
  }

  func attach(_ state: LabState) async throws(LabError) -> any RunningLab {
    do { return try await catalog.backend(of: state.record).attach(state.record) } catch {
      throw error.inLab(folder.lab)
    }
  }

  /// Makes the lab; when that fails or is cancelled, nothing of it remains.
  /// - Parameter backend: nil takes the one that the request's mode asks for.
  func make(
    _ request: LabRequest, on backend: (any LabBackend)?, isTransient: Bool,
    unfinishedRuns: [String] = []
  ) async throws(LabError) -> (any RunningLab, LabState) {
    let chosen: any LabBackend
    if let backend { chosen = backend } else { chosen = try await request.backend(from: catalog) }
    var plan = LabPlan(request.manifest, in: folder, for: chosen.mode)
    plan.lifetime = isTransient ? .caller : .untilDestroyed
    if chosen.abilities.contains(.ownKernel),
      plan.boards.contains(where: { $0.machine.disk == nil })
    {
      plan.image = try await BoardImageSupply(observer: observer).image()
    }
    if chosen.abilities.contains(.ownKernel) {
      observer(.note("starting \(plan.boards.count) machines, and waiting for them to answer"))
    }
    let record = try chosen.record(for: plan)
    var state = LabState(
      isTransient: isTransient, maker: getpid(), since: Date.now.ISO8601Format(),
      source: request.source, manifest: request.manifest, record: record,
      hasMachines: chosen.abilities.contains(.ownKernel))
    state.unfinishedRuns = unfinishedRuns
    if Task.isCancelled { throw .cancelled }
    try file.write(state)
    do throws(LabError) {
      let lab = try await create(plan, record, on: chosen)
      try await provision(request.manifest, lab, &state)
      state.phase = .up
      try file.write(state)
      return (lab, state)
    } catch {
      try await removeWhateverHappens(state, after: error)
    }
  }

  private func provision(
    _ manifest: LabManifest, _ lab: any RunningLab, _ state: inout LabState
  ) async throws(LabError) {
    let files = try await Provisioning(observer: observer).run(manifest, on: lab)
    state.files = files.isEmpty ? nil : files
    let boards = manifest.boards.filter { !$0.setup.commands.isEmpty }
    guard !boards.isEmpty else { return }
    state.commands = Dictionary(uniqueKeysWithValues: boards.map { ($0.name, $0.setup.commands) })
  }

  private func create(
    _ plan: LabPlan, _ record: LabRecord, on backend: any LabBackend
  ) async throws(LabError) -> any RunningLab {
    do {
      let lab = try await backend.create(plan, record: record)
      guard !Task.isCancelled else {
        throw LabError(.cancelled, "told to stop", step: "create")
      }
      return lab
    } catch let error as LabError { throw error } catch {
      throw LabError(
        .internal, ErrorWords.words(of: error), step: "create")
    }
  }

  /// Removes all of the lab but its finished runs. May be repeated, also after a crash at any place.
  func remove(_ state: LabState) async throws(LabError) {
    let backend = try catalog.backend(of: state.record)
    var state = state
    state.phase = .destroying
    try note(state)
    do { try await backend.destroy(state.record) } catch  where error.code == .stateDamaged {
      throw error
    } catch {
      var failure = error
      failure.hint =
        (failure.hint.map { "\($0); " } ?? "") + "then repeat: pilab down --lab \(folder.lab)"
      throw failure
    }
    for path in state.unfinishedRuns { try RunFolder.removeUnfinished(path) }
    try file.remove()
  }

  /// - Throws: always `error`; the error of the removal where that failed too is told beside. After a cancellation, which
  ///   promises that nothing is left, `lab_left` instead.
  func removeWhateverHappens(
    _ state: LabState, after error: LabError
  ) async throws(LabError) -> Never {
    do throws(LabError) {
      try await uncancelled { () throws(LabError) in try await remove(state) }
    } catch let failure {
      try report(failure, after: error)
    }
    throw error
  }

  private func report(_ failure: LabError, after error: LabError) throws(LabError) {
    guard !error.isCancellation, !Task.isCancelled else { throw .left(folder.lab, failure) }
    observer(.note("\(failure); try: pilab down --lab \(folder.lab)"))
  }

  /// Notes which runs are under way on a lab that is kept. What commands on its boards write meanwhile stays.
  @discardableResult
  func note(unfinishedRuns paths: [String]) throws(LabError) -> LabState? {
    try file.change { $0.unfinishedRuns = paths }
  }

  /// No run is under way any more. Where nothing can be written, the older state names folders that are gone, which
  /// harms nobody.
  func forgetRuns() throws(LabError) {
    do throws(LabError) { try note(unfinishedRuns: []) } catch {
      guard error.isUnwritableFileSystem else { throw error }
    }
  }

  /// Writes down a state that names nothing new. Where nothing can be written any more, the older one says as well what
  /// there is to remove.
  private func note(_ state: LabState) throws(LabError) {
    do throws(LabError) { try file.write(state) } catch {
      guard error.isUnwritableFileSystem else { throw error }
    }
  }

  private static func unfinished(_ state: LabState) -> LabError {
    let what = state.phase == .creating ? "making it" : "taking it down"
    return LabError(
      .broken,
      "lab '\(state.record.lab)' is broken: process \(state.maker) did not finish \(what)",
      step: "prepare",
      hint: "remove what is left of it: pilab down --lab \(state.record.lab)")
  }
}

extension LabPlan {
  init(_ manifest: LabManifest, in folder: LabFolder, for mode: LabMode) {
    self.init(
      lab: folder.lab, subnet: manifest.network.subnet,
      boards: manifest.boards.map { board in
        BoardPlan(
          name: board.name, address: board.address,
          machine: MachinePlan(
            memory: board.memory, processors: board.processors, disk: board.disk))
      },
      folder: folder.path,
      settings: manifest.settings[mode]?.value)
    impairment = manifest.network.impairment
  }
}
