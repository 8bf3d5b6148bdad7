import LabResults

/// The lines of a sweep: a table of medians, and each series's straight line.
struct SweepSummary {
  let sweep: SweepResult
  let style: TerminalStyle
  let width: Int

  /// Points beyond it are left to the report.
  private static let pointLimit = 60

  func lines() -> [String] {
    let title = style.apply(.strong, "sweep")
    let counts =
      "\(Human.counted(sweep.points.count, "point")), "
      + "\(Human.counted(sweep.sampleCount, "measurement")), "
      + "seed \(sweep.seed)"
    var lines =
      counts.count + 7 <= width
      ? ["\(title)  \(counts)"] : [title] + wrap(counts, width: width - 2).map { "  \($0)" }
    lines += wrap(
      "Time of the whole exchange at the receiver: median, and quartiles where there is room.",
      width: width - 2
    ).map { "  \($0)" }
    let grid = SweepGrid(sweep)
    if !grid.constants.isEmpty {
      lines += wrap(
        "All with \(Human.printable(grid.constants.joined(separator: ", "))).", width: width - 2
      )
      .map { "  \($0)" }
    }
    lines +=
      gridLines(grid) { time($0) } ?? gridLines(grid) { Human.time($0.median) } ?? pointLines(grid)
    lines += against()
    let fits = sweep.series.compactMap { series in
      series.fit.map { fit in
        [
          grid.name(of: series), fit.toldFixed?.value ?? "–", fit.toldFixed?.error ?? "",
          fit.toldSlope?.value ?? "–", fit.toldSlope?.error ?? "",
        ]
      }
    }
    guard !fits.isEmpty else { return lines }
    return lines + [""]
      + table([["straight line", "fixed", "std. error", "per MiB", "std. error"]] + fits)
  }

  /// Images in rows, settings in columns; nil where there is no room for them, or something failed.
  private func gridLines(_ grid: SweepGrid, _ cell: (Distribution) -> String) -> [String]? {
    let rows =
      [["image"] + grid.columns]
      + grid.rows.map { row in
        [row.image] + row.points.map { $0?.distribution(.exchange).map(cell) ?? "–" }
      }
    let lines = Self.aligned(rows)
    let isWhole = sweep.points.allSatisfy { $0.verdict == .identical }
    guard isWhole, rows.count > 2, rows.count <= Self.pointLimit,
      lines.allSatisfy({ $0.count <= width })
    else { return nil }
    return shown(lines)
  }

  private func time(_ time: Distribution) -> String {
    "\(Human.time(time.median)) (\(Human.time(time.lowerQuartile)) – \(Human.time(time.upperQuartile)))"
  }

  private func pointLines(_ grid: SweepGrid) -> [String] {
    let rows = sweep.points.prefix(Self.pointLimit).map { row($0, grid.name(of: $0)) }
    let lines = table([["point", "median", "quartiles", "throughput", ""]] + rows)
    guard sweep.points.count > Self.pointLimit else { return lines }
    let more = Human.counted(sweep.points.count - Self.pointLimit, "point")
    return lines + ["  … and \(more) more in the report"]
  }

  private func against() -> [String] {
    guard let text = AgainstText(sweep) else { return [] }
    let lines = [text.title, text.headline] + text.remarks
    return ["", style.apply(.strong, "against")]
      + lines.flatMap { wrap($0, width: width - 2) }.map { "  \($0)" }
      + text.points.table(AgainstText.columns).prefix(Self.pointLimit + 1).map { "  \($0)" }
  }

  private func row(_ point: SweepPoint, _ name: String) -> [String] {
    let time = point.distribution(.exchange)
    return [
      name, time.map { Human.time($0.median) } ?? "–",
      time.map { "\(Human.time($0.lowerQuartile)) – \(Human.time($0.upperQuartile))" } ?? "–",
      point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–",
      point.verdict == .identical ? "" : point.verdict.rawValue,
    ]
  }

  /// Where there is no room for its columns, each row is a heading with its values below.
  private func table(_ rows: [[String]]) -> [String] {
    let lines = Self.aligned(rows)
    guard let heads = rows.first, lines.contains(where: { $0.count > width }) else {
      return shown(lines)
    }
    return rows.dropFirst().flatMap { row in
      let values = zip(heads, row).dropFirst().filter { !$0.1.isEmpty }
        .map { $0.0.isEmpty ? $0.1 : "\($0.0) \($0.1)" }
      return wrap(Human.printable(row[0]), width: width - 2).map { "  \($0)" }
        + wrap(Human.printable(values.joined(separator: ", ")), width: width - 4)
        .map { "    \($0)" }
    }
  }

  /// The first column to the left, the others to the right.
  private static func aligned(_ rows: [[String]]) -> [String] {
    AlignedColumns.lines(rows.map { $0.map(Human.printable) }).map { "  \($0)" }
  }

  /// With a faint head.
  private func shown(_ lines: [String]) -> [String] {
    lines.prefix(1).map { style.apply(.faint, $0) } + lines.dropFirst()
  }
}
