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
    let parts = [
      (comparison.count(.slower), "slower"), (comparison.count(.faster), "faster"),
      (comparison.count(.same), "the same within noise"),
      (comparison.count(.unknown), "measured too few times to tell"),
    ].filter { $0.0 > 0 }
    guard !parts.isEmpty else { return "The runs have no point in common." }
    let points = comparison.points.count
    let list = parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    return "Of \(points) \(points == 1 ? "point" : "points"): \(list)."
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
    let rows = comparison.points.map { cells($0) }
    let table = [["point", "before", "after", "change", "p", "verdict"]] + rows
    let widths = (0..<6).map { column in table.map { $0[column].count }.max() ?? 0 }
    var lines = [headline, ""] + (caution.map { [$0, ""] } ?? [])
    for row in table {
      var line = row[0].padded(to: widths[0])
      for column in 1..<5 { line += "  " + row[column].leftPadded(to: widths[column]) }
      lines.append(line + "  " + row[5])
    }
    lines += [""] + remarks.map(Human.printable) + [comparison.test]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table for a CI step summary.
  public func markdown() -> String {
    var lines = ["## pilab compare", ""]
    lines += [headline, ""]
    if let caution { lines += ["**\(MarkdownReport.escaped(caution))**", ""] }
    lines += ["| point | before | after | change | p | verdict |", "|---|---:|---:|---:|---:|---|"]
    for point in comparison.points {
      let cells = cells(point).map { $0.replacing("|", with: "\\|") }
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    lines += [""] + remarks.map(Human.printable) + ["", comparison.test]
    return lines.joined(separator: "\n") + "\n"
  }

  func cells(_ point: ComparedPoint) -> [String] {
    [
      Human.printable(point.name), point.before.map { Human.time($0.median) } ?? "–",
      point.after.map { Human.time($0.median) } ?? "–", Self.change(point.ratio),
      point.probability.map { $0 < 0.001 ? "<0.001" : Plain.decimal($0, places: 3) } ?? "–",
      point.verdict.words,
    ]
  }

  /// `+12.3 %`.
  static func change(_ ratio: Double?) -> String {
    guard let ratio, ratio.isFinite else { return "–" }
    let percent = (ratio - 1) * 100
    let text = Plain.decimal(abs(percent), places: 1)
    return "\(text == "0.0" ? "±" : percent < 0 ? "−" : "+")\(text) %"
  }
}

extension ComparedPoint.Verdict {
  var words: String {
    switch self {
    case .unknown: "too few measurements"
    case .refused: "not comparable"
    case .faster, .slower, .same: rawValue
    }
  }
}
