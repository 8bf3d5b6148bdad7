import LabResults

/// Compared points as a page shows them: drawn, and in a table. For the template `compared`.
struct ComparedView {
  struct Row {
    var name: String
    var before: String
    var beforeSpread: String
    var after: String
    var afterSpread: String
    var change: String
    var changeSpread: String
    var probability: String
    /// Class of the verdict's badge.
    var verdict: String
    var words: String
  }

  /// Of the sides.
  var first: String
  var second: String
  var rows: [Row]
  /// Nil where nothing can be drawn.
  var drawing: IntervalPlot?

  init(
    _ points: [ComparedPoint], before: String, after: String, frame: PlotFrame = .column
  ) {
    first = before
    second = after
    rows = points.map(Self.row)
    drawing = IntervalPlot(points, before: before, after: after, frame: frame)
  }

  private static func row(_ point: ComparedPoint) -> Row {
    let cells = PointTexts.cells(point).map(Human.unbroken)
    return Row(
      name: cells[0], before: cells[1], beforeSpread: spread(point.before), after: cells[2],
      afterSpread: spread(point.after), change: cells[3],
      changeSpread: point.interval.map(interval) ?? "", probability: cells[4],
      verdict: point.verdict.rawValue, words: cells[5])
  }

  private static func spread(_ times: Distribution?) -> String {
    guard let times, times.count > 1 else { return "" }
    let quartiles = "\(Human.time(times.lowerQuartile)) – \(Human.time(times.upperQuartile))"
    return Human.unbroken("\(quartiles), \(times.count) times")
  }

  private static func interval(_ ends: [Double]) -> String {
    Human.unbroken(ends.map(PointTexts.change).joined(separator: " to "))
  }
}
