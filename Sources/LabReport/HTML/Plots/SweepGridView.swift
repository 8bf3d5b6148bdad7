import LabResults

/// A sweep's times in rows of sizes and columns of settings.
struct SweepGridView {
  struct Cell {
    var median: String
    var quartiles: String
    var throughput: String
  }

  struct Row {
    var image: String
    var cells: [Cell]
  }

  /// Nil where there are none.
  var constants: String?
  var columns: [String]
  var rows: [Row]

  /// More would not stand beside each other on a page.
  private static let mostColumns = 6

  init?(_ grid: SweepGrid) {
    guard (1...Self.mostColumns).contains(grid.columns.count), grid.rows.count > 1 else {
      return nil
    }
    let names = grid.columns.map(Human.printable)
    constants =
      grid.constants.isEmpty ? nil : Human.printable(grid.constants.joined(separator: ", "))
    columns = names
    rows = grid.rows.map { row in
      Row(
        image: Human.unbroken(Human.printable(row.image)),
        cells: row.points.map(Self.cell))
    }
  }

  private static func cell(_ point: SweepPoint?) -> Cell {
    guard let point, let time = point.distribution(.exchange) else {
      return Cell(median: "–", quartiles: "", throughput: "")
    }
    let quartiles = "\(Human.time(time.lowerQuartile)) – \(Human.time(time.upperQuartile))"
    return Cell(
      median: Human.unbroken(Human.time(time.median)),
      quartiles: Human.unbroken(quartiles),
      throughput: Human.unbroken(point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? ""))
  }
}
