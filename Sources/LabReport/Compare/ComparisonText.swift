import Foundation
import LabResults

/// A comparison in words, for the terminal and for a CI step summary.
public struct ComparisonText: Sendable {
  let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  /// `2 points faster, 1 slower, 9 the same within noise`.
  var headline: String {
    if comparison.isRefused {
      return "Not comparable: no point is called faster or slower (--despite-differences does)."
    }
    return PointTexts(comparison.points).headline ?? "The runs have no point in common."
  }

  /// What is said before any number; nil where the runs are alike.
  var caution: String? {
    guard !comparison.differences.isEmpty else { return nil }
    return Human.printable(comparison.differences.joined(separator: " "))
  }

  /// Sentences on what may make the runs hard to compare.
  public var remarks: [String] {
    let (before, after) = (comparison.before, comparison.after)
    var remarks = comparison.failures
    for (what, old, new) in [
      ("kernel", before.kernel, after.kernel),
      ("version of pilab", before.pilabVersion, after.pilabVersion),
    ] where old != new {
      remarks.append("The \(what) differs: \(old), then \(new).")
    }
    if !comparison.onlyBefore.isEmpty {
      remarks.append(
        "Only in the first run: \(comparison.onlyBefore.count) "
          + (comparison.onlyBefore.count == 1 ? "point." : "points."))
    }
    if !comparison.onlyAfter.isEmpty {
      remarks.append(
        "Only in the second run: \(comparison.onlyAfter.count) "
          + (comparison.onlyAfter.count == 1 ? "point." : "points."))
    }
    return remarks
  }

  /// Lines for the terminal, each ended by a newline.
  public func terminal() -> String {
    var lines = [headline, ""] + (caution.map { [$0, ""] } ?? [])
    lines += PointTexts(comparison.points).table()
    lines += [""] + remarks.map(Human.printable) + [comparison.test]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table for a CI step summary.
  public func markdown() -> String {
    var lines = ["## pilab compare", ""]
    lines += [headline, ""]
    if let caution { lines += ["**\(MarkdownReport.escaped(caution))**", ""] }
    lines += PointTexts(comparison.points).markdown()
    lines += [""] + remarks.map(Human.printable) + ["", comparison.test]
    return lines.joined(separator: "\n") + "\n"
  }
}
