import LabResults

extension MarkdownReport {
  /// Rows beyond it are summed up in a sentence, as are failures beyond theirs.
  static let rowLimit = 200
  static let failureLimit = 50

  /// The table of cells, then what was found in each that failed, and how to try it again.
  func cells(_ tests: TestResult) -> [String] {
    let rows = CellRow.rows(tests)
    var lines = tests.scope.flatMap { [text($0), ""] }
    lines += [
      "| scenario | cell | exchange | mode | made to go wrong | result | time |",
      "|---|---|---|---|---|---|---:|",
    ]
    lines += rows.prefix(Self.rowLimit).map(line)
    if rows.count > Self.rowLimit {
      lines += ["", "… and \(rows.count - Self.rowLimit) more rows in report.json."]
    }
    let bad = tests.scenarios.flatMap { scenario in
      scenario.cells.filter(\.verdict.isFailure).map { (scenario.name, $0) }
    }
    lines += bad.prefix(Self.failureLimit).flatMap { failure($0, $1) }
    if bad.count > Self.failureLimit {
      lines += ["", "… and \(bad.count - Self.failureLimit) more cells in report.json."]
    }
    return lines + [""]
  }

  private func line(_ item: CellRow) -> String {
    switch item {
    case .one(let placed):
      let cell = placed.cell
      let reason = cell.verdict == .knownFailure || cell.verdict == .skipped ? cell.reason : nil
      return row([
        placed.scenario.name, "\(cell.number)", cell.exchangeName ?? "–", cell.mode,
        cell.faultWords,
        "\(cell.verdict.mark) \(cell.verdict.words)" + (reason.map { ": \($0)" } ?? ""),
        CellRow.time([cell]),
      ])
    case .passed(let placed):
      let cells = placed.map(\.cell)
      return row([
        placed[0].scenario.name, CellRow.numbers(cells), CellRow.exchanges(cells), cells[0].mode,
        CellRow.faults(cells),
        "\(CellVerdict.passed.mark) \(cells.count) passed", CellRow.time(cells),
      ])
    }
  }

  private func failure(_ scenario: String, _ cell: CellResult) -> [String] {
    var lines = [
      "", "#### \(text("\(scenario) \(cell.number) [\(cell.label)]: \(cell.verdict.words)"))",
    ]
    if !cell.faults.isEmpty { lines += ["", text(cell.faults.joined(separator: "; "))] }
    if cell.attempts.count > 1 { lines += ["", text("Attempts: \(cell.attemptCounts)")] }
    if let reason = cell.reason, cell.verdict != .flaky { lines += ["", text(reason)] }
    if let attempt = cell.telling, attempt.verdict.isFailure, !attempt.mismatches.isEmpty {
      lines += ["", "| step | looked at | expected | found |", "|---:|---|---|---|"]
      lines += attempt.mismatches.map { mismatch in
        row([
          mismatch.step.map { "\($0)" } ?? "all", mismatch.subject, mismatch.expected,
          mismatch.found,
        ])
      }
    }
    if let shrunk = cell.shrunk {
      lines += ["", text("The same with: \(shrunk.joined(separator: "; "))")]
    }
    // Indented, so that nothing in it can end it.
    return lines + ["", "    " + Human.printable(cell.replay)]
  }
}

extension CellVerdict {
  /// The word beside it says the same.
  var mark: String {
    switch self {
    case .passed: "✅"
    case .knownFailure, .skipped: "⚪"
    case .inconclusive: "❔"
    case .flaky, .unexpectedPass, .failed: "❌"
    }
  }
}
