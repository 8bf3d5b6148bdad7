import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

extension TestHistory {
  /// Bytes; more is no history of ours.
  private static let longest = 1 << 30

  /// Judges the facts that a run has kept once more, by what the manifest expects now. A cell of its plan without facts is
  /// inconclusive.
  /// - Throws: `run_unreadable`, `no_such_scenario`.
  public static func judged(
    folder: String, by manifest: LabManifest, seed: UInt64?
  ) throws(LabError) -> TestResult {
    var tests = TestResult(seed: seed ?? 0)
    let (plan, lines) = try contents(of: folder)
    for planned in plan.cells {
      let scenario = try scenario(planned.scenario, of: manifest)
      tests.add(planned.missing, of: scenario.name, about: scenario.about)
    }
    for line in lines {
      let scenario = try scenario(line.scenario, of: manifest)
      tests.add(judged(line.cell, by: scenario), of: scenario.name, about: scenario.about)
    }
    return tests
  }

  private static func scenario(
    _ name: String, of manifest: LabManifest
  ) throws(LabError) -> Scenario {
    if let scenario = manifest.scenarios.first(where: { $0.name == name }) { return scenario }
    throw LabError(
      .noSuchScenario, "the manifest has no scenario '\(name)', which the run tried",
      step: "judge", hint: "judge it by the manifest that it was run with")
  }

  private static func judged(_ cell: CellResult, by scenario: Scenario) -> CellResult {
    guard !cell.attempts.isEmpty else { return cell }
    var cell = cell
    let known = scenario.knownFailure(of: cell.exchange, in: LabMode(rawValue: cell.mode))
    let judge = ScenarioJudge(scenario: scenario, known: known)
    cell.reason = known?.why
    for index in cell.attempts.indices {
      cell.attempts[index].mismatches = []
      judge.judge(&cell.attempts[index])
    }
    cell.judgeAttempts()
    return cell
  }

  private static func contents(of folder: String) throws(LabError) -> (Plan, [Line]) {
    let path = "\(folder)/\(name)"
    do {
      let lines = try RegularFile(path).contents(limit: longest).split(separator: 10)
      let first = try lines.first.map {
        try JSONDecoder().decode(Event.self, from: Data($0))
      }
      guard let head = lines.first, first?.event == Plan.event else { throw Headless() }
      let plan = try JSONDecoder().decode(Plan.self, from: Data(head))
      let cells = try lines.dropFirst().map {
        try JSONDecoder().decode(Line.self, from: Data($0))
      }
      return (plan, cells)
    } catch {
      throw LabError(
        .runUnreadable, "cannot read \(path)", step: "judge",
        hint: "a run of 'pilab test' keeps it",
        cause: (error as? Headless)?.description ?? ErrorWords.words(of: error))
    }
  }

  /// What every line has.
  private struct Event: Decodable {
    var event: String
  }

  private struct Headless: Error, CustomStringConvertible {
    var description: String { "it does not begin with the plan of its cells" }
  }
}

extension TestHistory.Plan.Planned {
  /// A cell of which the history tells nothing.
  fileprivate var missing: CellResult {
    CellResult(
      number: number, exchange: exchange, mode: mode, faults: [], seed: seed,
      verdict: .inconclusive,
      reason: "the history does not mention it: the run ended before, or a line was lost",
      replay: replay)
  }
}
