import LabResults

/// All runs of a lab as one self-contained HTML file beside their folders.
public struct HistoryPage: Sendable {
  let history: RunHistory

  public init(_ history: RunHistory) { self.history = history }

  /// Plots beyond it are left out, and counted.
  private static let mostTrends = 60

  /// - Throws: Only where a built-in template is broken, which is a bug.
  public func render() throws -> String {
    try Markup.page(page(), "history")
  }

  private struct Page {
    var lab: String
    var verdict: String
    var headline: String
    var rows: [Row]
    var hasTrends: Bool
    var trends: [TrendView]
    /// How many points more there are; nil where all are shown.
    var left: String?
    var version: String
  }

  private struct Row {
    var name: String
    /// Nil where there is no page.
    var link: String?
    var outcome: String
    /// Class of the outcome's badge.
    var kind: String
    var contents: String
    var mode: String
    var version: String
    var took: String
  }

  private func page() -> Page {
    let runs = history.runs
    let good = runs.count { $0.summary?.hasSucceeded == true }
    let points = history.points
    let trends = points.prefix(Self.mostTrends).enumerated().map { index, name in
      TrendView(name, id: "trend-\(index + 1)", in: runs)
    }
    let isLastGood = runs.last?.summary?.hasSucceeded == true
    return Page(
      lab: Human.printable(history.lab), verdict: isLastGood ? "identical" : "failed",
      headline: Human.unbroken(
        "\(Human.counted(runs.count, "run")), \(good) as expected; the last one "
          + (isLastGood ? "was." : "was not.")),
      rows: runs.reversed().map(row), hasTrends: !trends.isEmpty, trends: trends,
      left: points.count > trends.count
        ? Human.counted(points.count - trends.count, "more point")
          + (points.count - trends.count == 1 ? " is not drawn." : " are not drawn.") : nil,
      version: Human.printable(runs.last?.summary?.version ?? ""))
  }

  private func row(_ run: RunHistory.Entry) -> Row {
    let name = Human.printable(run.name)
    guard let summary = run.summary else {
      return Row(
        name: name, outcome: "unreadable", kind: "failed", contents: "–", mode: "–", version: "–",
        took: "–")
    }
    return Row(
      name: name, link: "\(name)/report.html", outcome: summary.outcome,
      kind: summary.hasSucceeded ? "identical" : "failed", contents: summary.contents,
      mode: Human.printable(summary.mode), version: Human.printable(summary.version),
      took: Human.duration(nanoseconds: summary.nanoseconds))
  }
}
