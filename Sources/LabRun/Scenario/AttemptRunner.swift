import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues
import PiCrypto
import PiExchange

/// Tries one cell once: its steps in their order until one is otherwise than expected, then the lab is healed.
struct AttemptRunner: Sendable {
  let cell: Cell
  let lab: LabInUse
  let manifest: LabManifest
  let seed: UInt64
  /// Below the run's folder.
  let folder: String
  /// In place of those that the scenario and the seed give.
  var faults: [[PlacedFault]]?
  /// Called at a failure, before the lab is healed; false leaves the lab as it is.
  var onFailure: @Sendable (AttemptResult) async -> Bool = { _ in true }

  /// - Returns: what came of it, and why the lab is not as it was; nil where it is.
  /// - Throws: a cancellation.
  func run() async throws(LabError) -> (attempt: AttemptResult, trouble: LabError?) {
    let faults = self.faults ?? cell.placed(seed: seed, manifest)
    var attempt = AttemptResult(seed: seed, faults: faults.flatMap { $0 }.map(\.words))
    let state = AttemptState()
    let work = StepWork(
      cell: cell, lab: lab, manifest: manifest, state: state, seed: seed, faults: faults,
      folder: folder)
    let judge = ScenarioJudge(
      scenario: cell.scenario,
      known: cell.scenario.knownFailure(of: cell.exchange?.name, in: lab.mode))
    let start = ContinuousClock.now
    let steps = SharedValue<[StepResult]>([])
    do throws(LabError) {
      try await TimeLimit.run(timeout, "the cell") { () throws(LabError) in
        try await perform(work, steps)
      }
    } catch {
      guard !error.isCancellation else {
        try await tidy(state)
        throw error
      }
      steps.update { $0 = Self.adding(error, to: $0, of: cell.scenario) }
    }
    attempt.nanoseconds = UInt64(max(0, (ContinuousClock.now - start) / .nanoseconds(1)))
    attempt.steps = steps.value
    attempt.services = try await work.servicesThatEnded()
    judge.judge(&attempt)
    let heals = attempt.verdict.isFailure ? await onFailure(attempt) : true
    guard heals else { return (attempt, nil) }
    do throws(LabError) { try await tidy(state) } catch {
      if error.isCancellation { throw error }
      return (attempt, error)
    }
    return (attempt, nil)
  }

  /// A time-out of the whole cell is that of the step that was being done.
  private static func adding(
    _ error: LabError, to steps: [StepResult], of scenario: Scenario
  ) -> [StepResult] {
    let number = steps.count + 1
    guard scenario.steps.indices.contains(number - 1) else { return steps }
    let step = scenario.steps[number - 1]
    var result = StepResult(number: number, name: step.name, text: step.words(nil))
    result.failure = error
    return steps + [result]
  }

  private func perform(
    _ work: StepWork, _ steps: SharedValue<[StepResult]>
  ) async throws(LabError) {
    var exchangeNumber = 0
    for (index, step) in cell.scenario.steps.enumerated() {
      if Task.isCancelled { throw .cancelled }
      let earlier = await work.state.exchanges
      let result = try await work.perform(step, index + 1, exchangeNumber: exchangeNumber)
      exchangeNumber += step.exchanges.count
      steps.update { $0.append(result) }
      let isLast = index == cell.scenario.steps.count - 1
      // The last one may be a known failure: the whole is judged when it is done.
      if !isLast, !Judge(of: step, result, earlier: earlier).isMet { return }
    }
  }

  private var timeout: Duration {
    cell.scenario.timeout ?? (lab.isOfMachines ? .seconds(900) : .seconds(120))
  }

  /// Takes away what the attempt has made, and undoes what it has done.
  private func tidy(_ state: AttemptState) async throws(LabError) {
    let lab = lab
    try await uncancelled { () throws(LabError) in
      for capture in await state.takeCaptures() {
        // The frames that are missing are told of where the capture is looked at.
        do throws(LabError) { try await capture.stop() } catch { lab.observer(.note("\(error)")) }
      }
      try await lab.heal()
      for board in await state.boardsWithFiles {
        try await BoardLook.remove(await state.takeFiles(on: board), on: board, lab.running)
      }
    }
  }
}

extension Cell {
  /// Its faults by exchange step, those that are drawn included.
  func placed(seed: UInt64, _ manifest: LabManifest) -> [[PlacedFault]] {
    var random = SeededRandom(seed: seed)
    var multiplied = multiplied[...]
    return scenario.steps.flatMap(\.exchanges).map { step in
      let exchange = step.exchange.flatMap(manifest.exchange(named:)) ?? self.exchange
      let profile = exchange?.profile ?? .classic
      return step.faults.flatMap { fault -> [PlacedFault] in
        switch fault.at {
        case .one(let place): fault.actions.map { PlacedFault(place: place, action: $0) }
        case .everyFrame: multiplied.popFirst().map { [$0] } ?? []
        case .random(let count):
          FaultPlacing.random(
            count, fault.actions, profile, imageBytes: exchange?.ciphertextBytes ?? 0, &random)
        }
      }
    }
  }

  /// Whether its faults are drawn.
  var isRandom: Bool {
    scenario.steps.flatMap(\.exchanges).flatMap(\.faults).contains { fault in
      if case .random = fault.at { true } else { false }
    }
  }
}
