import LabResults

/// A comparison as one self-contained HTML file, made as report.html is.
public struct ComparisonPage: Sendable {
  let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  /// - Throws: Only where a built-in template is broken, which is a bug.
  public func render() throws -> String { try Markup.page(page(), "compare") }

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
    /// Nil where there are no points.
    var compared: ComparedView?
    var version: String
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
      test: comparison.test,
      compared: comparison.points.isEmpty
        ? nil : ComparedView(comparison.points, before: "Before", after: "After"),
      version: Human.printable(after.pilabVersion))
  }
}
