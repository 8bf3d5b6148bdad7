import ArgumentParser
import Foundation
import HostKit
import LabCore
import LabReport
import LabResults
import LabRun

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List the finished runs, the newest last.",
    discussion: """
      Examples:
        pilab runs
        pilab runs --html
        pilab runs --lab two-boards --format json | jq -r '.[-1].path'
      """)

  @Option(
    name: LabName.option, help: ArgumentHelp("Only the runs of this lab.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  @Flag(
    help: ArgumentHelp(
      "Write a page over all runs beside them, and print where.",
      discussion:
        "runs/index.html of each lab: results, links to the reports, and each point's time run after run."
    ))
  var html = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let store = RunStore(root: LabRoot.path)
      let runs = try store.runs(of: lab?.text)
      if let lab, runs.isEmpty { try store.require(lab: lab.text) }
      if html { return try writePages(runs) }
      let lines = runs.map(RunLine.init)
      switch format {
      case .json: try Console.print(lines.encoded())
      case .text: try Console.print(Self.text(lines))
      }
    }
  }

  /// A page a lab.
  private func writePages(_ runs: [StoredRun]) throws {
    var pages: [String] = []
    for (lab, runs) in Dictionary(grouping: runs, by: \.lab).sorted(by: { $0.key < $1.key }) {
      var history = RunHistory(lab: lab)
      // A run that cannot be read is listed as that.
      for run in runs { history.add(run.name, try? RunStore.report(in: run.path)) }
      let place = "\((runs[0].path as NSString).deletingLastPathComponent)/index.html"
      let page = try HistoryPage(history).render()
      do { try ReportFile.write(page, to: place) } catch {
        throw LabError(
          .outputFailed, "cannot write \(RunPlace.shortened(place))",
          SystemFault(error, path: place, .write))
      }
      pages.append(RunPlace.shortened(place))
    }
    switch format {
    case .json: try Console.print(pages.encoded())
    case .text:
      try Console.print(pages.isEmpty ? Self.none : pages.map { $0 + "\n" }.joined())
    }
  }

  private static let none = "no runs here; make one: pilab run\n"

  private static func text(_ lines: [RunLine]) -> String {
    guard !lines.isEmpty else { return none }
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
    tests = report.tests?.outcome
  }
}
