import LabResults

/// Compared points in words, whatever was compared.
struct PointTexts {
  let points: [ComparedPoint]

  init(_ points: [ComparedPoint]) { self.points = points }

  static let columns = ["point", "before", "after", "change", "p", "verdict"]

  /// `Of 18 points: 1 slower, 17 the same within noise.`; nil without points.
  var headline: String? {
    func count(_ verdict: ComparedPoint.Verdict) -> Int { points.count { $0.verdict == verdict } }
    let parts = [
      (count(.slower), "slower"), (count(.faster), "faster"),
      (count(.same), "the same within noise"),
      (count(.unknown), "measured too few times to tell"),
    ].filter { $0.0 > 0 }
    guard !parts.isEmpty else { return nil }
    let list = parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    return "Of \(points.count) \(points.count == 1 ? "point" : "points"): \(list)."
  }

  static func cells(_ point: ComparedPoint) -> [String] {
    [
      Human.printable(point.name), point.before.map { Human.time($0.median) } ?? "–",
      point.after.map { Human.time($0.median) } ?? "–", change(point.ratio),
      point.probability.map { $0 < 0.001 ? "<0.001" : Plain.decimal($0, places: 3) } ?? "–",
      point.verdict.words,
    ]
  }

  /// Lines of a table in columns.
  /// - Parameter columns: its heads.
  func table(_ columns: [String] = columns) -> [String] {
    AlignedColumns.lines([columns] + points.map(Self.cells), left: [0, 5])
  }

  /// Lines of a table in Markdown.
  func markdown(_ columns: [String] = columns) -> [String] {
    let head = [
      "| \(columns.joined(separator: " | ")) |", "|---|---:|---:|---:|---:|---|",
    ]
    return head
      + points.map { point in
        "| \(Self.cells(point).map(MarkdownReport.escaped).joined(separator: " | ")) |"
      }
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
