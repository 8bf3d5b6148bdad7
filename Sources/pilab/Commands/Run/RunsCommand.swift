import ArgumentParser
import Foundation
import LabResults
import LabRun

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List the finished runs, the newest last.",
    discussion: """
      Examples:
        pilab runs
        pilab runs --lab two-boards --format json | jq -r '.[-1].path'
      """)

  @Option(
    name: LabName.option, help: ArgumentHelp("Only the runs of this lab.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      try LabName.tellIfMistyped(lab?.text)
      let lines = try RunStore(root: LabRoot.path).runs(of: lab?.text).map(RunLine.init)
      switch format {
      case .json: try Console.print(lines.encoded())
      case .text: try Console.print(Self.text(lines))
      }
    }
  }

  private static func text(_ lines: [RunLine]) -> String {
    guard !lines.isEmpty else { return "no runs here; make one: pilab run\n" }
    func count(_ number: Int?) -> String { number.map { "\($0)" } ?? "-" }
    let rows = lines.map { line -> [String] in
      let name = line.name + (line.isLatest ? " (latest)" : "")
      // Exchanges of scenarios are among their cells.
      let exchanges = line.cells == nil ? line.exchanges : nil
      return [
        line.lab, name, line.tests ?? line.verdict ?? "unreadable", line.mode ?? "-",
        count(exchanges), count(line.points), count(line.cells), Human.bytes(line.bytes),
      ]
    }
    return TextTable.render(
      [["lab", "run", "result", "mode", "exchanges", "points", "cells", "size"]] + rows)
  }
}

/// A run as `pilab runs` shows it.
struct RunLine: Encodable {
  var lab: String
  var name: String
  var path: String
  var isLatest: Bool
  /// Of all its files.
  var bytes: UInt64
  /// Nil where the report cannot be read.
  var verdict: String?
  var mode: String?
  var startedAt: String?
  var exchanges: Int?
  /// Of its sweep.
  var points: Int?
  /// Of its scenarios.
  var cells: Int?
  /// How its scenarios ended: `as expected`, `not as expected`, `not judged`.
  var tests: String?

  init(_ run: StoredRun) {
    lab = run.lab
    name = run.name
    path = run.path
    isLatest = run.isLatest
    bytes = run.bytes
    // A run that cannot be read is listed as that.
    guard let report = try? RunStore.report(in: run.path) else { return }
    verdict = report.verdict.rawValue
    mode = report.modes.joined(separator: ", ")
    startedAt = report.startedAt
    exchanges = report.exchanges.count
    points = report.sweep?.points.count
    cells = report.tests?.cells.count
    tests = report.tests.map { tests in
      tests.isJudged ? (tests.succeeded ? "as expected" : "not as expected") : "not judged"
    }
  }
}
