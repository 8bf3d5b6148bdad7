import LabResults

/// Scenarios as comma-separated values: a line a cell, times in nanoseconds.
struct CellTable {
  let tests: TestResult

  init(_ tests: TestResult) { self.tests = tests }

  static let columns = [
    "scenario", "cell", "exchange", "mode", "faults", "verdict", "reason", "findings", "attempts",
    "attempts_failed", "time_ns", "seed", "replay",
  ]

  func render() -> String {
    CSV.text([Self.columns] + tests.scenarios.flatMap { row in row.cells.map { cell(row, $0) } })
  }

  private func cell(_ scenario: ScenarioResult, _ cell: CellResult) -> [String] {
    [
      scenario.name, "\(cell.number)", cell.exchangeName ?? "", cell.mode,
      cell.faults.joined(separator: "; "), cell.verdict.rawValue, cell.reason ?? "",
      cell.findings.joined(separator: "; "), "\(cell.attempts.count)",
      "\(cell.attempts.count(where: \.verdict.isFailure))", "\(cell.nanoseconds)", "\(cell.seed)",
      cell.replay,
    ]
  }
}
