import LabResults

/// Rows of a table for the terminal, in columns that are as wide as their widest cell.
enum AlignedColumns {
  /// - Parameter left: columns whose cells begin at the left; those of the others end at the right.
  static func lines(_ rows: [[String]], left: Set<Int> = [0]) -> [String] {
    let columns = (rows.first ?? []).indices
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = columns.map { column in
        left.contains(column)
          ? row[column].padded(to: widths[column]) : row[column].leftPadded(to: widths[column])
      }.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
