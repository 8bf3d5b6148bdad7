import LabResults

/// A comparison as one self-contained HTML file, made as report.html is.
public struct ComparisonPage: Sendable {
  let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  /// - Throws: Only where a built-in template is broken, which is a bug.
  public func render() throws -> String {
    guard let html = try Markup.library().render(page(), withTemplate: "compare") else {
      throw HTMLReportError.templateMissing
    }
    return html
  }

  private struct Page {
    var title: String
    var verdict: String
    /// Nil where the runs are alike.
    var caution: String?
    var headline: String
    var sides: [FactView]
    var remarks: [String]
    var hasRemarks: Bool
    var test: String
    var hasPoints: Bool
    var points: [PointView]
    var version: String
  }

  private struct PointView {
    var name: String
    var before: String
    var beforeSpread: String
    var after: String
    var afterSpread: String
    var change: String
    var probability: String
    /// Class of the verdict's badge.
    var verdict: String
    var words: String
  }

  private func page() -> Page {
    let text = ComparisonText(comparison)
    let (before, after) = (comparison.before, comparison.after)
    return Page(
      title: Human.printable("\(before.lab): \(before.startedAt) and \(after.startedAt)"),
      verdict: comparison.hasBadNews ? "failed" : "identical",
      caution: text.caution, headline: text.headline,
      sides: [
        FactView("Before", "\(before.lab), \(before.startedAt), \(before.maker)"),
        FactView("After", "\(after.lab), \(after.startedAt), \(after.maker)"),
        FactView("Processor", after.processor), FactView("Kernel", after.kernel),
      ],
      remarks: text.remarks.map(Human.printable), hasRemarks: !text.remarks.isEmpty,
      test: comparison.test, hasPoints: !comparison.points.isEmpty,
      points: comparison.points.map { view($0, text) },
      version: Human.printable(after.pilabVersion))
  }

  private func view(_ point: ComparedPoint, _ text: ComparisonText) -> PointView {
    let cells = text.cells(point).map(Human.unbroken)
    return PointView(
      name: cells[0], before: cells[1], beforeSpread: spread(point.before), after: cells[2],
      afterSpread: spread(point.after), change: cells[3], probability: cells[4],
      verdict: point.verdict.rawValue, words: cells[5])
  }

  private func spread(_ times: Distribution?) -> String {
    guard let times, times.count > 1 else { return "" }
    let quartiles = "\(Human.time(times.lowerQuartile)) – \(Human.time(times.upperQuartile))"
    return Human.unbroken("\(quartiles), \(times.count) times")
  }
}
