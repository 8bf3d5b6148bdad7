import LabResults

/// A sweep beside the same points with other board programs, in words.
struct AgainstText {
  let against: AgainstResult
  let points: PointTexts
  /// Nil where nobody asked.
  let gate: Check?

  /// Nil where nothing was compared.
  init?(_ sweep: SweepResult) {
    guard let against = sweep.against else { return nil }
    self.against = against
    gate = sweep.regression
    let grid = SweepGrid(sweep)
    points = PointTexts(
      zip(sweep.againstPoints, sweep.points).map { compared, point in
        var compared = compared
        compared.name = grid.name(of: point)
        return compared
      })
  }

  static let columns = ["point", "others", "these", "change", "p", "verdict"]

  var headline: String { points.headline ?? "Nothing was compared." }

  /// What the reader must know beside the headline.
  var remarks: [String] {
    var remarks: [String] = []
    if against.isSameBytes {
      remarks.append(
        "Both are the same programs, byte for byte: what differs is noise.")
    }
    if against.failedCount > 0 {
      let count = against.failedCount == 1 ? "1 measurement" : "\(against.failedCount) measurements"
      let first = against.points.lazy.flatMap(\.failures).compactMap(\.failure).first
      let reason = first.map { "; the first in \(Wording.place($0)): \($0.message)" } ?? "."
      remarks.append("\(count) with the other programs failed\(Human.printable(reason))")
    }
    if let gate, gate.verdict == .proved { remarks.append(Wording.sentence(gate.finding)) }
    return remarks
  }

  var title: String { "These programs beside those of \(Human.printable(against.name))" }

  static let method =
    "Both were measured in one random order, so that whatever else the machine did met them alike. "
    + "Mann-Whitney test, two-sided, corrected for the number of points after Benjamini and Hochberg; "
    + "probabilities up to 0.01 count as beyond noise."
}
