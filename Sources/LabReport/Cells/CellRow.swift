import LabResults

/// A cell and where it stands in the run.
struct PlacedCell {
  var scenario: ScenarioResult
  var cell: CellResult
  /// Unique in the run, whatever the names: `cell-2-1`.
  var id: String

  /// In the order of the manifest, by scenario.
  static func all(_ tests: TestResult) -> [[PlacedCell]] {
    tests.scenarios.enumerated().map { place, scenario in
      scenario.cells.enumerated().map { index, cell in
        PlacedCell(scenario: scenario, cell: cell, id: "cell-\(place + 1)-\(index + 1)")
      }
    }
  }

  /// Those that have a card, in the same order.
  static func explained(_ tests: TestResult) -> [PlacedCell] {
    all(tests).joined().filter(\.cell.needsCard)
  }
}

/// A row of a table of cells: what passed of one scenario and mode stands together, all else by itself.
enum CellRow {
  case one(PlacedCell)
  /// Two cells or more that passed.
  case passed([PlacedCell])

  /// In the order of the manifest; those that passed at the place of the first of them.
  static func rows(_ tests: TestResult) -> [CellRow] {
    PlacedCell.all(tests).flatMap { cells in
      let passed = Dictionary(
        grouping: cells.filter { $0.cell.verdict == .passed }, by: \.cell.mode)
      return cells.compactMap { placed -> CellRow? in
        guard placed.cell.verdict == .passed, let alike = passed[placed.cell.mode], alike.count > 1
        else { return .one(placed) }
        return alike[0].id == placed.id ? .passed(alike) : nil
      }
    }
  }

  /// Of cells in the order of their numbers: `1 to 4, 7`.
  static func numbers(_ cells: [CellResult]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in cells.map(\.number) {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { range in
      switch range.count {
      case 1: "\(range.lowerBound)"
      case 2: "\(range.lowerBound), \(range.upperBound)"
      default: "\(range.lowerBound) to \(range.upperBound)"
      }
    }.joined(separator: ", ")
  }

  /// Their exchanges, each once.
  static func exchanges(_ cells: [CellResult]) -> String {
    var names: [String] = []
    for name in cells.compactMap(\.exchangeName) where !names.contains(name) { names.append(name) }
    return names.isEmpty ? "–" : names.joined(separator: ", ")
  }

  /// What was made to go wrong in all of them, if it was the same.
  static func faults(_ cells: [CellResult]) -> String {
    let words = Set(cells.map(\.faultWords))
    return words.count == 1 ? cells[0].faultWords : "\(cells.count) cells"
  }

  static func time(_ cells: [CellResult]) -> String {
    let nanoseconds = cells.reduce(0.0) { $0 + Double($1.nanoseconds) }
    return nanoseconds > 0 ? Human.time(nanoseconds) : "–"
  }
}

extension CellResult {
  /// The attempt that says why it ended so: the first that did not pass.
  var telling: AttemptResult? { attempts.first(where: \.verdict.isFailure) ?? attempts.first }

  /// What was made to go wrong; of an attack, its name.
  var faultWords: String {
    if !faults.isEmpty { return faults.joined(separator: "; ") }
    return exchanges.compactMap(\.attacker?.attack).first ?? "nothing on the way"
  }

  /// The cell's, or the one that all its exchanges are.
  var exchangeName: String? {
    if let exchange { return exchange }
    let names = Set(exchanges.map(\.exchange))
    return names.count == 1 ? names.first : nil
  }

  /// Those of the attempt that is shown.
  var exchanges: [ExchangeFacts] { (telling?.steps ?? []).flatMap(\.all).compactMap(\.exchange) }

  /// What was found otherwise than expected, a sentence each; its steps are named where there are several.
  var findings: [String] {
    guard verdict.isFailure, let attempt = telling, attempt.verdict.isFailure else { return [] }
    return attempt.findings
  }

  /// In a line: why it was skipped, what was found, why its failure is known.
  var summary: String? {
    switch verdict {
    case .passed: nil
    case .unexpectedPass: "passed, though known to fail" + (reason.map { ": \($0)" } ?? "")
    case .knownFailure, .skipped: reason
    case .flaky: "\(attemptCounts)" + (findings.first.map { ": \($0)" } ?? "")
    case .inconclusive, .failed: findings.first ?? reason ?? attempts.first?.reason
    }
  }

  /// `2 failed, 3 passed`.
  var attemptCounts: String { CellVerdict.counts(attempts.map(\.verdict)) }
}

extension AttemptResult {
  private func text(of step: Int?) -> String? { steps.first { $0.number == step }?.text }

  /// A sentence each; a step is named where there are several.
  var findings: [String] {
    mismatches.map { mismatch in
      // What was not done at all says what it was, because nothing else does.
      let words = mismatch.subject == Mismatch.step ? text(of: mismatch.step) : nil
      let number = steps.count > 1 ? mismatch.step.map { "step \($0)" } : nil
      return [number, words, mismatch.sentence].compactMap(\.self).joined(separator: ": ")
    }
  }
}

extension CellVerdict {
  private func words(of count: Int) -> String {
    switch self {
    case .knownFailure where count > 1: "known failures"
    case .unexpectedPass where count > 1: "unexpected passes"
    default: words
    }
  }

  /// `2 failed, 1 known failure, 30 passed`, the worst first; nothing of none.
  static func counts(_ verdicts: [CellVerdict]) -> String {
    allCases.reversed().compactMap { verdict in
      let count = verdicts.count { $0 == verdict }
      return count > 0 ? "\(count) \(verdict.words(of: count))" : nil
    }.joined(separator: ", ")
  }
}

extension RunResult {
  /// Whether it is a success for whoever reads its report.
  var hasSucceeded: Bool { tests.map { $0.succeeded && $0.isJudged } ?? (verdict == .identical) }
}
