import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

/// Does the steps of one attempt at a cell.
struct StepWork: Sendable {
  let cell: Cell
  let lab: LabInUse
  let manifest: LabManifest
  let state: AttemptState
  let seed: UInt64
  /// By the number of the exchange step within the scenario, from 0.
  let faults: [[PlacedFault]]
  /// Below the run's folder.
  let folder: String

  static let outputLimit = 1 << 20
  private static let defaultWait = Duration.seconds(30)

  /// What a step found, or why it could not be done. It throws where the attempt is told to stop.
  func perform(
    _ step: ScenarioStep, _ number: Int, exchangeNumber: Int
  ) async throws(LabError) -> StepResult {
    var result = StepResult(
      number: number, name: step.name, text: step.words(cell.exchange?.name))
    let start = ContinuousClock.now
    do throws(LabError) {
      let blank = result
      result =
        if let limit = step.within, !step.action.keepsTime {
          try await TimeLimit.run(limit, "the step") { () throws(LabError) in
            try await work(step, blank, exchangeNumber)
          }
        } else { try await work(step, blank, exchangeNumber) }
    } catch {
      if error.isCancellation { throw error }
      result.failure = error
    }
    result.nanoseconds = UInt64(max(0, (ContinuousClock.now - start) / .nanoseconds(1)))
    return result
  }

  private func work(
    _ step: ScenarioStep, _ blank: StepResult, _ exchangeNumber: Int
  ) async throws(LabError) -> StepResult {
    var result = blank
    let live = lab.live
    switch step.action {
    case .exec(let command): result.command = try await exec(command)
    case .copy(let from, let to): try await copy(from, to)
    case .service(let command, let ready): try await start(command, ready, step, blank.number)
    case .stop(let service, let signal): try await stop(service, signal)
    case .exchange(let exchange):
      result.exchange = try await run(exchange, step, exchangeNumber, blank.number)
    case .impair(let board, let impairment):
      try await live.disturbImpairment(of: board, impairment)
    case .link(let board, let isUp): try await live.disturbLink(of: board, up: isUp)
    case .kill(let board): try await live.disturbPower(of: board)
    case .reboot(let board):
      try await live.reboot(board)
      await lab.deployment.forget(board)
    case .snapshot(let name): try await live.disturbingSnapshot(name)
    case .restore(let name):
      try await live.restore(name)
      await lab.deployment.forget()
    case .capture(let board): try await capture(board, blank.number)
    case .clock(let board, let offset): try await live.disturbClock(of: board, ahead: offset)
    case .parallel(let steps):
      result.parallel = try await atOnce(steps, blank.number, exchangeNumber)
    case .wait(let time): try await sleep(time)
    case .waitUntil(let command, let expected):
      result.command = try await wait(command, expected, step.within ?? Self.defaultWait)
    case .heal: try await heal()
    }
    return result
  }

  /// Ends services, too.
  private func heal() async throws(LabError) {
    await state.stopAll(ended: try await endedServices())
    try await lab.heal()
  }

  private func sleep(_ time: Duration) async throws(LabError) {
    do { try await Task.sleep(for: time) } catch { throw .cancelled }
  }

  func exec(_ command: CommandStep) async throws(LabError) -> CommandFacts {
    let outcome = try await lab.running.board(command.board).output(
      of: ExecCommand(program: command.words[0], arguments: Array(command.words.dropFirst())),
      limit: Self.outputLimit)
    let (exit, signal): (Int32?, Int32?) =
      switch outcome.status {
      case .exited(let status): (status, nil)
      case .signalled(let signal): (nil, signal)
      }
    var cut: [CommandFacts.Text] = []
    if outcome.isOutputCut { cut.append(.output) }
    if outcome.areErrorsCut { cut.append(.errors) }
    return CommandFacts(
      exit: exit, signal: signal, output: outcome.output, errors: outcome.errors, cut: cut)
  }

  /// Until it does what is expected; a time-out tells the last that it did.
  private func wait(
    _ command: CommandStep, _ expected: CommandExpectation, _ limit: Duration
  ) async throws(LabError) -> CommandFacts {
    let end = ContinuousClock.now + limit
    var last: String?
    while true {
      let left = end - .now
      guard left > .zero else { throw Self.untrue(command, limit, last) }
      let facts: CommandFacts
      do throws(LabError) {
        facts = try await TimeLimit.run(left, "the command") { () throws(LabError) in
          try await exec(command)
        }
      } catch {
        guard error.code == .timedOut else { throw error }
        throw Self.untrue(command, limit, last ?? "the command did not end")
      }
      var judge = Judge(step: nil)
      judge.judge(facts, expected)
      if judge.isMet { return facts }
      last = judge.mismatches.first?.sentence ?? judge.doubt
      try await sleep(.milliseconds(100))
    }
  }

  private static func untrue(
    _ command: CommandStep, _ limit: Duration, _ last: String?
  ) -> LabError {
    LabError(
      .timedOut, "it did not come true within \(DurationText.format(limit))",
      board: command.board, step: "wait", cause: last)
  }

  private func capture(_ board: String, _ number: Int) async throws(LabError) {
    let place = try lab.output.makeFolder(folder)
    let capture = try await lab.live.capturing(board)
      .startCapture(to: "\(place)/\(number)-\(board).pcap")
    await state.add(capture)
  }

  /// The first that fails ends the others.
  private func atOnce(
    _ steps: [ScenarioStep], _ number: Int, _ exchangeNumber: Int
  ) async throws(LabError) -> [StepResult] {
    var numbers: [Int] = []
    var next = exchangeNumber
    for step in steps {
      numbers.append(next)
      next += step.exchanges.count
    }
    let earlier = await state.exchanges
    let results = await withTaskGroup(of: Ended.self) { group in
      for (index, step) in steps.enumerated() {
        let own = numbers[index]
        group.addTask {
          do throws(LabError) {
            return Ended(
              index: index, result: try await perform(step, number, exchangeNumber: own))
          } catch { return Ended(index: index, result: nil) }
        }
      }
      var results = [StepResult?](repeating: nil, count: steps.count)
      for await ended in group {
        results[ended.index] = ended.result
        results[ended.index]?.place = ended.index + 1
        guard let found = ended.result else { continue }
        if !Judge(of: steps[ended.index], found, earlier: earlier).isMet { group.cancelAll() }
      }
      return results
    }
    if Task.isCancelled { throw .cancelled }
    // One that was ended because another failed has no facts.
    return results.compactMap(\.self)
  }

  /// Of steps that are done at once.
  private struct Ended {
    var index: Int
    /// Nil where it was told to stop.
    var result: StepResult?
  }

  private func run(
    _ step: ExchangeStep, _ whole: ScenarioStep, _ exchangeNumber: Int, _ number: Int
  ) async throws(LabError) -> ExchangeFacts {
    let named = step.exchange.flatMap(manifest.exchange(named:))
    guard let exchange = named ?? cell.exchange else {
      preconditionFailure("the manifest says which exchange it is")
    }
    let isReplayed = whole.name.map { cell.scenario.replayed.contains($0) } ?? false
    var placed = step
    if isReplayed {
      placed.attacker = placed.attacker ?? manifest.boards.first(where: \.isAttacker)?.name
    }
    let facts = try await ScenarioExchange(
      lab: lab, state: state, step: placed, exchange: exchange,
      faults: faults.indices.contains(exchangeNumber) ? faults[exchangeNumber] : [], seed: seed,
      recording: isReplayed ? whole.name.map(AttackerFiles.recording) : nil,
      recordings: cell.scenario.replayed.map(AttackerFiles.recording),
      captures: cell.scenario.needsCapture(whole),
      folder: "\(folder)/\(number)-\(exchange.name)"
    ).run()
    if let name = whole.name { await state.add(facts, named: name) }
    return facts
  }
}

extension StepAction {
  /// Says itself what did not come true in time.
  fileprivate var keepsTime: Bool {
    switch self {
    case .service, .waitUntil: true
    default: false
    }
  }
}

extension Scenario {
  /// Steps whose exchanges are sent again later.
  var replayed: Set<String> {
    var names: Set<String> = []
    for step in steps.flatMap(\.exchanges) {
      if case .replay(let name) = step.attack { names.insert(name) }
      for case .replay(let name) in step.faults.flatMap(\.actions) { names.insert(name) }
    }
    return names
  }

  func needsCapture(_ step: ScenarioStep) -> Bool {
    if !always.isEmpty { return true }
    guard case .exchange(let expected) = step.expect else { return false }
    return !expected.claims.isEmpty
  }
}

extension LabInUse {
  /// Does what a fault does to the lab.
  func perform(_ action: FaultAction) async throws(LabError) {
    switch action {
    case .kill(let board): try await live.disturbPower(of: board)
    case .reboot(let board):
      try await live.reboot(board)
      await deployment.forget(board)
    case .link(let board, let isUp): try await live.disturbLink(of: board, up: isUp)
    case .snapshot(let name): try await live.disturbingSnapshot(name)
    default: break
    }
  }

  /// Undoes all disturbances, whatever becomes of the calling task.
  @discardableResult
  func heal() async throws(LabError) -> [Disturbance] {
    let live = live
    let undone = try await uncancelled { () throws(LabError) in try await live.heal() }
    for disturbance in undone {
      if case .power(let board) = disturbance.kind { await deployment.forget(board) }
    }
    return undone
  }
}
