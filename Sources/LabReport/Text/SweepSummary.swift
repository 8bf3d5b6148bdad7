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
      "\(sweep.points.count) points, \(Human.count(UInt64(sweep.sampleCount))) measurements, "
      + "seed \(sweep.seed)"
    var lines = ["\(title)  \(counts)"]
    lines += wrap(
      "Time of the whole exchange at the receiver: median, and half the interquartile"
        + " range.", width: width - 2
    ).map { "  \($0)" }
    lines += table(
      [["point", "median", "±", "throughput", ""]]
        + sweep.points.prefix(Self.pointLimit).map(row))
    if sweep.points.count > Self.pointLimit {
      lines.append("  … and \(sweep.points.count - Self.pointLimit) more points in the report")
    }
    let fits = sweep.series.compactMap { series in
      series.fit.map { fit in
        [
          series.setting.name, fit.toldFixed?.value ?? "–", fit.toldFixed?.error ?? "",
          Human.time(fit.slope), "± \(Human.time(fit.slopeError))",
        ]
      }
    }
    guard !fits.isEmpty else { return lines }
    return lines + [""] + table([["straight line", "fixed", "", "per MiB", ""]] + fits)
  }

  private func row(_ point: SweepPoint) -> [String] {
    let time = point.distribution(.exchange)
    return [
      point.name, time.map { Human.time($0.median) } ?? "–",
      time.map { Human.time($0.interquartileRange / 2) } ?? "–",
      point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–",
      point.verdict == .identical ? "" : point.verdict.rawValue,
    ]
  }

  /// The first column to the left, the others to the right.
  private func table(_ rows: [[String]]) -> [String] {
    let rows = rows.map { $0.map(Human.printable) }
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.enumerated().map { index, row in
      var line = "  " + row[0].padded(to: widths[0])
      for column in 1..<5 { line += "  " + row[column].leftPadded(to: widths[column]) }
      while line.hasSuffix(" ") { line.removeLast() }
      return index == 0 ? style.apply(.faint, line) : line
    }
  }
}
