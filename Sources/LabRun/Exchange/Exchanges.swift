import LabCore
import LabManifest
import LabResults

/// The exchanges that a run was asked for: one after the other, or several at once, where they are of different boards.
struct Exchanges: Experiment {
  let exchanges: [Exchange]
  /// Records each on the wire.
  let captures: Bool
  /// How many at once.
  let parallel: Int
  /// How many the manifest's set of pairs has, where only some are run; else nil.
  let pairs: Int?

  let name = "the exchanges"

  init(_ start: RunStart) {
    exchanges = start.request.exchanges
    captures = start.request.captures
    parallel = start.request.parallel
    let whole = start.request.manifest.exchanges.count { $0.set != nil }
    let run = exchanges.count { $0.set != nil }
    pairs = run > 0 && run < whole ? whole : nil
  }

  var needsPreSharedKey: Bool { exchanges.contains { $0.authentication == .preSharedKey } }

  /// Those that could not begin have their place in the result, unless nothing has been done yet.
  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
    result.pairs = pairs
    if parallel > 1, exchanges.count > 1 { result.parallel = parallel }
    var schedule = ExchangeSchedule(exchanges, atOnce: parallel)
    await withTaskGroup(of: ExchangeSchedule.Ended.self) { group in
      repeat {
        for index in schedule.begin() {
          let exchange = exchanges[index]
          group.addTask { await run(exchange, index, on: lab) }
        }
        guard let ended = await group.next() else { break }
        schedule.end(ended)
        if schedule.error != nil { group.cancelAll() } else { tell(of: ended, schedule, lab) }
      } while true
    }
    result.exchanges += schedule.results
    if let error = schedule.error { throw error }
  }

  private func run(
    _ exchange: Exchange, _ index: Int, on lab: LabInUse
  ) async -> ExchangeSchedule.Ended {
    var ended: ExchangeSchedule.Ended
    do throws(LabError) {
      ended = ExchangeSchedule.Ended(index: index, result: try await run(exchange, on: lab))
    } catch {
      let prevented = ExchangeResult(exchange, preventedBy: error)
      ended = ExchangeSchedule.Ended(index: index, result: prevented, error: error)
    }
    ended.result.failure = ended.result.failure?.explained(
      FailureHint(lab.conditions, boards: [exchange.sender, exchange.receiver]))
    return ended
  }

  private func run(
    _ exchange: Exchange, on lab: LabInUse
  ) async throws(LabError) -> ExchangeResult {
    let recorder =
      captures ? try WireRecorder(exchange, on: lab.running, folder: lab.output.work) : nil
    let plan = try await lab.deployment.prepare(exchange)
    return try await ExchangeSession(
      plan: plan, lab: lab.running, output: lab.output, recorder: recorder,
      observer: exchange.set == nil ? lab.observer : onlyNotes(lab.observer), troubles: lab.troubles
    ).run()
  }

  private func tell(of ended: ExchangeSchedule.Ended, _ schedule: ExchangeSchedule, _ lab: LabInUse)
  {
    let exchange = exchanges[ended.index]
    guard let set = exchange.set else {
      return lab.observer(
        .exchangeEnded(name: exchange.name, verdict: ended.result.verdict))
    }
    let results = schedule.results.filter { $0.set == set }
    lab.observer(
      .setProgress(
        set: set, done: results.count, of: exchanges.count { $0.set == set },
        failed: results.count { $0.verdict != .identical }))
  }
}

/// Which exchange begins when: in their order, no board in two at once.
struct ExchangeSchedule: Sendable {
  /// What came of one; a value of its own, because it crosses from task to task.
  struct Ended: Sendable {
    var index: Int
    /// Of one that could not begin that, too.
    var result: ExchangeResult
    /// Why it could not begin.
    var error: LabError?
  }

  /// Why no more is begun.
  private(set) var error: LabError?
  private let exchanges: [Exchange]
  private let atOnce: Int
  private var waiting: [Int]
  private var running: Set<Int> = []
  private var ended: [Int: ExchangeResult] = [:]

  init(_ exchanges: [Exchange], atOnce: Int) {
    self.exchanges = exchanges
    self.atOnce = atOnce
    waiting = Array(exchanges.indices)
  }

  /// Of those that have ended, in the order of the manifest.
  var results: [ExchangeResult] { ended.keys.sorted().compactMap { ended[$0] } }

  /// Takes those that can begin now.
  mutating func begin() -> [Int] {
    guard error == nil else { return [] }
    var busy = Set(running.flatMap { boards(of: $0) })
    var begun: [Int] = []
    for index in waiting where running.count + begun.count < atOnce {
      let boards = boards(of: index)
      guard busy.isDisjoint(with: boards) else { continue }
      busy.formUnion(boards)
      begun.append(index)
    }
    running.formUnion(begun)
    waiting.removeAll { begun.contains($0) }
    return begun
  }

  /// A board that is lost takes only its own exchanges; anything else ends the run where nothing has been done yet.
  mutating func end(_ ended: Ended) {
    running.remove(ended.index)
    if let error = ended.error, !error.isLossOfBoard, self.ended.isEmpty || error.isCancellation {
      if self.error?.isCancellation != false { self.error = error }
    } else {
      self.ended[ended.index] = ended.result
    }
  }

  private func boards(of index: Int) -> [String] {
    [exchanges[index].sender, exchanges[index].receiver]
  }
}
