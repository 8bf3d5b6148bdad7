import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

//  for each cell of the mode: attempts ─ judged ─ healed ─ (disturbed or failed: a control exchange) ─ told

/// The scenarios that a run was asked for.
struct Scenarios: Experiment {
  let name = "the scenarios"
  private let plan: TestPlan
  private let request: TestRequest
  private let manifest: LabManifest
  private let manifestPath: String?
  private let ownMode: LabMode
  let otherModes: [LabMode]
  private let history: TestHistory
  private let programs: TestedPrograms?
  private let pictures: String
  private let observer: RunObserver
  /// Nothing more is tried.
  private let isOver = SharedValue(false)
  /// Modes whose labs come before the run's own.
  private let awaited: SharedValue<[LabMode]>
  /// Of cells, those that have ended.
  private let endedCells = SharedValue<Set<String>>([])

  /// Nil where the run has none.
  static func begin(_ start: RunStart) throws(LabError) -> Scenarios? {
    guard let tests = start.request.tests else { return nil }
    return try Scenarios(tests, start)
  }

  private init(_ tests: TestPlanned, _ start: RunStart) throws(LabError) {
    plan = tests.plan
    request = tests.request
    manifest = start.request.manifestAsTaken
    manifestPath = start.request.source?.path
    ownMode = start.request.mode
    pictures = RunFolder.workPath(of: "\(start.folder.runs)/control")
    observer = start.observer
    otherModes = plan.modes.filter { [ownMode] in $0 != ownMode }
    awaited = SharedValue(otherModes)
    programs = try request.programsNamed.map { folder throws(LabError) in
      try start.request.programs.tested(named: folder)
    }
    history = TestHistory(start.observer)
    try history.begin(
      TestHistory.Plan(
        plan, mode: ownMode, manifest: manifestPath, programs: request.programs))
  }

  var needsPreSharedKey: Bool {
    let names = plan.exchangeNames
    return manifest.exchanges.contains {
      names.contains($0.name) && $0.authentication == .preSharedKey
    }
  }

  func run(on lab: LabInUse, into result: inout RunResult) async throws(LabError) {
    prepare(&result)
    try history.open(in: lab.output)
    // The labs of other modes are all there before the run's own, whose mode may be one of theirs where it is auto.
    let isOwn = awaited.value.isEmpty
    awaited.update { $0.removeAll { $0 == lab.mode } }
    var control = Control(lab: lab, manifest: manifest, pictures: pictures)
    for cell in plan.cells where cell.mode == lab.mode || cell.mode == nil && isOwn {
      if isOver.value { break }
      if endedCells.value.contains(cell.id) { continue }
      let ended = try await self.run(cell, on: lab, &control)
      try record(ended, of: cell, into: &result)
      if request.keepsOnFailure, ended.verdict.isFailure { isOver.update { $0 = true } }
    }
  }

  /// A mode whose lab cannot be made takes only its own cells.
  func missed(_ mode: LabMode, _ error: LabError, into result: inout RunResult) -> Bool {
    prepare(&result)
    awaited.update { $0.removeAll { $0 == mode } }
    for cell in plan.cells where cell.mode == mode {
      let reason = "mode \(mode.rawValue): \(error)"
      let skipped = blank(cell, mode, request.isStrict ? .failed : .skipped, reason)
      do throws(LabError) { try record(skipped, of: cell, into: &result) } catch {
        observer(.note("\(error)"))
      }
    }
    return true
  }

  private func prepare(_ result: inout RunResult) {
    if result.tests == nil {
      var tests = TestResult(seed: plan.seed)
      tests.allowsFlaky = request.allowsFlaky
      tests.leftOut = plan.leftOut
      tests.programs = programs
      result.tests = tests
    }
  }

  private func record(
    _ ended: CellResult, of cell: Cell, into result: inout RunResult
  ) throws(LabError) {
    let scenario = cell.scenario
    result.tests?.add(ended, of: scenario.name, about: scenario.about)
    endedCells.update { $0.insert(cell.id) }
    observer(.cellEnded(scenario: scenario.name, ended))
    try history.add(ended, of: scenario.name, about: scenario.about)
  }

  private func blank(
    _ cell: Cell, _ mode: LabMode, _ verdict: CellVerdict, _ reason: String?
  ) -> CellResult {
    CellResult(
      number: cell.number, exchange: cell.exchange?.name, mode: mode.rawValue,
      faults: cell.placed(seed: cell.seed, manifest).flatMap { $0 }.map(\.words),
      seed: cell.seed, verdict: verdict, reason: reason,
      replay: TestPlan.replay(cell, manifest: manifestPath, mode: mode, programs: request.programs))
  }

  private func run(
    _ cell: Cell, on lab: LabInUse, _ control: inout Control
  ) async throws(LabError) -> CellResult {
    if let refusal = cell.scenario.refusal(of: lab.abilities, in: lab.mode) {
      let isAsked = request.isStrict && cell.mode != nil
      return blank(cell, lab.mode, isAsked ? .failed : .skipped, refusal)
    }
    if let lacking = try await lackingImpairments(of: cell, on: lab) {
      return blank(cell, lab.mode, .skipped, lacking)
    }
    if let trouble = control.reasonNotToJudge() {
      return blank(cell, lab.mode, .inconclusive, trouble)
    }
    lab.observer(
      .cellStarted(scenario: cell.scenario.name, number: cell.number, of: plan.cells.count))
    var ended = blank(
      cell, lab.mode, .passed,
      cell.scenario.knownFailure(of: cell.exchange?.name, in: lab.mode)?.why)
    for index in 0..<cell.scenario.repeats {
      let runner = self.runner(cell, lab, attempt: index)
      let before = try lab.live.changeCount()
      let (attempt, trouble) = try await runner.run()
      // The first that failed is the one that is told.
      let isTold = attempt.verdict == .failed && !ended.attempts.contains { $0.verdict == .failed }
      ended.attempts.append(attempt)
      if cell.isRandom, index == 0 || isTold { ended.faults = attempt.faults }
      if let trouble { control.lose(trouble, after: cell) }
      let isDisturbed = try lab.live.changeCount() != before
      if isDisturbed || attempt.verdict.isFailure, !isKept(attempt) {
        try await control.check(cell)
      }
      if control.trouble != nil { break }
      if isTold, cell.isRandom, !isKept(attempt) {
        ended.shrunk = try await Shrinking(runner: runner).shrink(attempt)
      }
      if isKept(attempt) { break }
    }
    ended.judgeAttempts()
    return ended
  }

  /// What this machine cannot do to links, in words; nil where it can do all that the cell wants.
  private func lackingImpairments(of cell: Cell, on lab: LabInUse) async throws(LabError) -> String?
  {
    for (board, kinds) in cell.scenario.impairments {
      guard let link = try lab.running.board(board).find(.impairing) else { continue }
      let lacking = kinds.subtracting(try await link.possibleImpairments())
      guard !lacking.isEmpty else { continue }
      let words = lacking.map(\.rawValue).sorted().joined(separator: ", ")
      return "mode '\(lab.mode.rawValue)' has no \(words) here: see pilab doctor"
    }
    return nil
  }

  private func isKept(_ attempt: AttemptResult) -> Bool {
    request.keepsOnFailure && attempt.verdict.isFailure
  }

  private func runner(_ cell: Cell, _ lab: LabInUse, attempt: Int) -> AttemptRunner {
    var runner = AttemptRunner(
      cell: cell, lab: lab, manifest: manifest, seed: cell.seed &+ UInt64(attempt),
      folder: "\(cell.scenario.name)/\(lab.mode.rawValue)-\(cell.number)-\(attempt + 1)")
    let (request, boards) = (request, manifest.boards.map(\.name))
    runner.onFailure = { attempt in
      if let pause = request.pause {
        await pause(
          PausedCell(
            scenario: cell.scenario.name, cell: cell.number, lab: lab.live.name, boards: boards,
            reasons: attempt.mismatches.map(\.sentence) + [attempt.reason].compactMap(\.self)))
      }
      return !request.keepsOnFailure
    }
    return runner
  }

  func keep(in output: RunFolder, isReported: Bool) throws(LabError) { try history.close() }

  func tidy() { Control.removePictures(pictures) }
}

extension CellResult {
  /// What the attempts say together.
  mutating func judgeAttempts() {
    let verdicts = attempts.map(\.verdict)
    guard let first = verdicts.first else { return }
    verdict = verdicts.allSatisfy { $0 == first } ? first : .flaky
    if verdict == .flaky {
      let counts = CellVerdict.allCases.compactMap { verdict in
        let count = verdicts.count { $0 == verdict }
        return count > 0 ? "\(count) \(verdict.words)" : nil
      }
      reason = "of \(attempts.count) attempts: \(counts.joined(separator: ", "))"
    } else if verdict != .knownFailure {
      reason = attempts.lazy.compactMap(\.reason).first
    }
  }
}

extension BoardPrograms {
  /// - Parameter folder: as the user named it.
  fileprivate func tested(named folder: String) throws(LabError) -> TestedPrograms {
    var hashes: [String: String] = [:]
    for path in [sender, receiver, interceptor] where FileStatus(path)?.isRegular == true {
      hashes[(path as NSString).lastPathComponent] = try Evidence.sha256(of: path)
    }
    return TestedPrograms(folder: folder, sha256: hashes)
  }
}

extension LiveLab {
  /// How many changes were begun on the lab since it is up.
  func changeCount() throws(LabError) -> Int { try conditions()?.count ?? 0 }
}
