extension RunResult {
  /// Whatever was judged in the run. Those of an exchange have its name before their IDs, and a slash.
  public var checks: [Check] {
    guard tests == nil else { return tests?.checks ?? [] }
    return [exchangesRun] + exchanges.flatMap(\.namedChecks) + (sweep?.checks ?? [])
  }

  /// The worst of its checks: one that is refuted makes the run fail.
  public var verdict: Outcome { checks.worst == .refuted ? .failed : .identical }

  /// A run without exchanges has proved nothing.
  private var exchangesRun: Check {
    Check(
      id: .exchangesRun, claim: "an exchange is run",
      verdict: exchanges.isEmpty ? .refuted : .proved,
      finding: exchanges.isEmpty ? "no exchange was run" : "\(exchanges.count) were run",
      counts: ["exchanges": UInt64(exchanges.count)])
  }
}

extension ExchangeResult {
  fileprivate var namedChecks: [Check] {
    allChecks.map { check in
      var check = check
      check.id = check.id.within(name)
      return check
    }
  }
}

extension TestResult {
  /// One for each cell that was judged, and whether there is any.
  public var checks: [Check] {
    let judged = cells.count { $0.verdict.isJudged }
    let isJudged = Check(
      id: .cellsJudged, claim: "a cell is judged", verdict: judged > 0 ? .proved : .refuted,
      finding: "\(judged) of \(cells.count) were judged",
      counts: ["judged": UInt64(judged), "cells": UInt64(cells.count)])
    return [isJudged]
      + scenarios.flatMap { scenario in
        scenario.cells.map { check($0, of: scenario.name) }
      }
  }

  private func check(_ cell: CellResult, of scenario: String) -> Check {
    let isAllowed = cell.verdict == .flaky && allowsFlaky
    let verdict: Verdict =
      switch cell.verdict {
      case .passed, .knownFailure: .proved
      case .skipped, .inconclusive: .notProvable
      case .flaky, .unexpectedPass, .failed: isAllowed ? .proved : .refuted
      }
    let found = cell.attempts.lazy.flatMap(\.mismatches).first?.sentence ?? cell.reason
    return Check(
      id: Check.ID(rawValue: "\(scenario)/\(cell.number)"),
      claim: "\(scenario) \(cell.number) [\(cell.label)] is as expected", verdict: verdict,
      finding: cell.verdict.words + (found.map { ": \($0)" } ?? ""))
  }
}

extension SweepResult {
  /// Whether it is complete, one for each point, and where that was asked whether any is slower than with other programs.
  public var checks: [Check] {
    [completeness] + points.map(\.check) + [regression].compactMap(\.self)
  }

  /// Of a sweep that is complete; nil where nobody asked.
  public var regression: Check? {
    guard isComplete, let limit = against?.limit else { return nil }
    return noneSlower(by: limit.share, called: limit.words)
  }

  private var completeness: Check {
    let wanted = points.count * repeats
    return Check(
      id: .sweepComplete, claim: "every point is measured as often as wanted",
      verdict: isComplete ? .proved : .refuted,
      finding: "\(sampleCount) of \(wanted) measurements were taken"
        + (failure.map { ": \($0.message)" } ?? ""),
      counts: ["measurements": UInt64(sampleCount), "wanted": UInt64(wanted)])
  }
}

extension SweepPoint {
  /// Whether every measurement delivered its image.
  public var check: Check {
    let finding =
      if samples.isEmpty {
        "not measured"
      } else if failures.isEmpty {
        "\(Human.counted(samples.count, "measurement")) delivered it"
      } else {
        "\(failures.count) of \(Human.counted(samples.count, "measurement")) failed"
      }
    return Check(
      id: Check.ID(rawValue: name).within("sweep"), claim: "every measurement delivers its image",
      verdict: samples.isEmpty || !failures.isEmpty ? .refuted : .proved, finding: finding,
      counts: ["measurements": UInt64(samples.count), "failed": UInt64(failures.count)])
  }

  public var verdict: Outcome {
    if check.verdict == .proved { return .identical }
    return samples.isEmpty || failures.contains { $0.verdict == .failed } ? .failed : .different
  }
}
