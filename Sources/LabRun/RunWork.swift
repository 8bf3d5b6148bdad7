import LabCore
import LabManifest
import LabResults
import LabValues
import PiExchange

/// A run that is under way: its experiments, one after the other, and what they have found so far.
struct RunWork {
  let request: RunRequest
  let lifecycle: LabLifecycle
  let experiments: [any Experiment]
  let output: RunFolder
  let troubles = Troubles()
  var result: RunResult

  /// - Parameter start: ISO 8601, UTC.
  init(
    _ request: RunRequest, _ lifecycle: LabLifecycle, _ experiments: [any Experiment],
    output: RunFolder, start: String
  ) {
    self.request = request
    self.lifecycle = lifecycle
    self.experiments = experiments
    self.output = output
    result = RunResult(
      pilabVersion: PiExchange.pilabVersion, lab: request.manifest.name,
      mode: request.mode.rawValue, startedAt: start, durationNanoseconds: 0,
      environment: .current(), boards: [], exchanges: [])
  }

  /// Does what experiments want done in other modes than the run's own, each mode in a lab that is made for it alone.
  mutating func doElsewhere() async throws(LabError) {
    var modes: [LabMode] = []
    for mode in experiments.flatMap(\.otherModes) where !modes.contains(mode) {
      modes.append(mode)
    }
    for mode in modes {
      let wanting = experiments.filter { $0.otherModes.contains(mode) }
      try await checkFree(for: wanting, in: mode)
      var wanted = request.lab
      wanted.mode = mode
      let (lab, state): (any RunningLab, LabState)
      do throws(LabError) {
        (lab, state) = try await lifecycle.make(wanted, on: nil, isTransient: true)
      } catch {
        let areContent = wanting.allSatisfy { $0.missed(mode, error, into: &result) }
        guard !error.isCancellation, areContent else { throw error }
        continue
      }
      do throws(LabError) {
        let lab = try inUse(lab, state)
        for experiment in wanting { try await experiment.run(on: lab, into: &result) }
      } catch {
        try await lifecycle.removeWhateverHappens(state, after: error)
      }
      try await lifecycle.remove(state)
    }
  }

  private func checkFree(
    for experiments: [any Experiment], in mode: LabMode
  ) async throws(LabError) {
    guard let up = try await lifecycle.found()?.record.mode.rawValue else { return }
    let names = experiments.map(\.name).joined(separator: ", ")
    throw LabError(
      .labDiffers,
      "the lab is up in mode \(up), and \(names) needs mode \(mode.rawValue) too",
      step: "prepare",
      hint: "take it down first: pilab down --lab \(lifecycle.folder.lab); "
        + "or measure in one mode: --mode \(up)")
  }

  /// Does all of the experiments on the run's own lab. One that fails takes nothing from what others have found, and where
  /// nothing is found yet there is no run.
  mutating func perform(on lab: any RunningLab, _ state: LabState) async throws(LabError) {
    let lab = try inUse(lab, state)
    try output.reserve()
    result.mode = lab.mode.rawValue
    result.engine = lab.running.find(.engine)?.engine
    result.ownClocks = try lifecycle.catalog.hasOwnClocks(lab.running.record) ? true : nil
    for board in request.manifest.boards {
      result.boards.append(
        lab.conditions.board(
          board.name, address: try lab.running.board(board.name).address))
    }
    lab.observer(.boardsReady(mode: result.mode, boards: result.boards))
    // Links that a sweep has made worse, and all that scenarios do, if their pilab was killed.
    let healed = try await lab.heal()
    if !healed.isEmpty {
      lab.observer(
        .note("healed first what an earlier run had left: \(healed.map(\.undoing).listed)"))
    }
    // Before the first has taken its time. Where another mode's lab has given results, each tells by itself what it lacks.
    if !result.hasFindings {
      for experiment in experiments { try await experiment.check(on: lab) }
    }
    for experiment in experiments {
      do throws(LabError) { try await experiment.run(on: lab, into: &result) } catch {
        if error.isCancellation || !result.hasFindings { throw error }
        troubles.add(error)
      }
    }
    result.changes = lab.conditions.changes
    try await troubles.collecting { () throws(LabError) in
      try await ConsoleLogs.keep(of: lab.running, in: output, lab.observer)
    }
  }

  private func inUse(_ lab: any RunningLab, _ state: LabState) throws(LabError) -> LabInUse {
    let (folder, observer) = (lifecycle.folder, lifecycle.observer)
    return LabInUse(
      live: lifecycle.live(lab),
      deployment: Deployment(
        lab: lab, programs: request.programs, preSharedKey: folder.preSharedKey,
        observer: observer),
      output: output,
      conditions: RunConditions(
        file: folder.state, start: state.inForce,
        hasLinks: try lifecycle.catalog.hasLinks(state.record)),
      troubles: troubles, observer: observer,
      abilities: try lifecycle.catalog.backend(of: state.record).abilities)
  }

  /// Nothing of it is to stay.
  func discard() {
    do throws(LabError) { try output.discard() } catch { lifecycle.observer(.note("\(error)")) }
  }
}

extension RunResult {
  /// Whether any experiment has found anything.
  fileprivate var hasFindings: Bool { !exchanges.isEmpty || sweep != nil || tests != nil }
}
