import LabResults

/// Scenarios: a suite each, with a case a cell.
extension JUnitReport {
  func suites(_ tests: TestResult) -> [Suite] {
    tests.scenarios.map { scenario in
      let cases = scenario.cells.map { cellCase($0, of: scenario.name, tests) }
      return Suite(
        name: scenario.name, seconds: cases.map(\.seconds).reduce(0, +), cases: cases)
    }
  }

  private func cellCase(_ cell: CellResult, of scenario: String, _ tests: TestResult) -> Case {
    let name = "\(scenario) \(cell.number)[\(cell.label)]"
    let faults = cell.faults.isEmpty ? "" : " " + cell.faults.joined(separator: "; ")
    return Case(
      name: name + faults, seconds: Double(cell.nanoseconds), outcome: outcome(cell, tests),
      attempts: attempts(cell))
  }

  private func outcome(_ cell: CellResult, _ tests: TestResult) -> Outcome {
    let finding = Finding(
      type: cell.verdict.rawValue, message: cell.summary ?? cell.verdict.words,
      text: text(cell, cell.telling))
    switch cell.verdict {
    case .passed: return .passed
    case .knownFailure: return .skipped("known failure" + (cell.reason.map { ": \($0)" } ?? ""))
    case .skipped: return .skipped(cell.reason ?? "skipped")
    case .inconclusive: return .error(finding)
    case .flaky where tests.allowsFlaky: return .passed
    case .flaky, .unexpectedPass, .failed: return .failed(finding)
    }
  }

  /// Of a flaky cell each attempt that did not pass; of one that never passed those after the first.
  private func attempts(_ cell: CellResult) -> [(element: String, Finding)] {
    let bad = cell.attempts.filter(\.verdict.isFailure)
    let isFlaky = cell.verdict == .flaky
    return bad.dropFirst(isFlaky ? 0 : 1).map { attempt in
      let kind = attempt.verdict == .inconclusive ? "Error" : "Failure"
      let message = attempt.findings.first ?? attempt.reason ?? attempt.verdict.words
      let finding = Finding(
        type: attempt.verdict.rawValue, message: message, text: text(cell, attempt))
      return ((isFlaky ? "flaky" : "rerun") + kind, finding)
    }
  }

  /// What was found, and how to try it again.
  private func text(_ cell: CellResult, _ attempt: AttemptResult?) -> String {
    var lines = attempt?.findings ?? []
    if let reason = attempt?.reason ?? (cell.verdict == .flaky ? nil : cell.reason) {
      lines.append(reason)
    }
    if cell.attempts.count > 1, let attempt {
      lines.append("attempts: \(cell.attemptCounts); seed of this one: \(attempt.seed)")
    }
    if let shrunk = cell.shrunk { lines.append("the same with: \(shrunk.joined(separator: "; "))") }
    return (lines + ["again: \(cell.replay)"]).joined(separator: "\n")
  }
}
