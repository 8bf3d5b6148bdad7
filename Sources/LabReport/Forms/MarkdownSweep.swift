import LabResults

extension MarkdownReport {
  /// A sweep's tables.
  func sweep(_ sweep: SweepResult) -> [String] {
    let grid = SweepGrid(sweep)
    var lines = [
      "### Sweep", "",
      "Time of the whole exchange at the receiver: median and quartiles of "
        + Human.counted(sweep.repeats, "measurement")
        + " a point, in random order (seed \(sweep.seed)).", "",
    ]
    if !grid.constants.isEmpty {
      lines += ["All with \(text(grid.constants.joined(separator: ", "))).", ""]
    }
    return lines + points(sweep, grid) + against(sweep) + fits(sweep, grid)
  }

  private func points(_ sweep: SweepResult, _ grid: SweepGrid) -> [String] {
    var lines = [
      "| point | result | median | quartiles | throughput |", "|---|---|---:|---:|---:|",
    ]
    for point in sweep.points.prefix(Self.pointLimit) {
      let time = point.distribution(.exchange)
      lines.append(
        row([
          grid.name(of: point), "\(mark(point.verdict == .identical)) \(point.verdict.rawValue)",
          time.map { Human.time($0.median) } ?? "–",
          time.map { "\(Human.time($0.lowerQuartile)) – \(Human.time($0.upperQuartile))" } ?? "–",
          point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–",
        ]))
    }
    if sweep.points.count > Self.pointLimit {
      let more = Human.counted(sweep.points.count - Self.pointLimit, "point")
      lines += ["", "… and \(more) more in report.json."]
    }
    return lines + [""]
  }

  private func against(_ sweep: SweepResult) -> [String] {
    guard let against = AgainstText(sweep) else { return [] }
    let points = PointTexts(Array(against.points.points.prefix(Self.pointLimit)))
    return [
      "#### \(text(against.title))", "", "**\(text(against.headline))**", "",
    ] + against.remarks.flatMap { [text($0), ""] } + points.markdown(AgainstText.columns)
      + ["", AgainstText.method, ""]
  }

  private func fits(_ sweep: SweepResult, _ grid: SweepGrid) -> [String] {
    let fitted = sweep.series.compactMap { series in series.fit.map { (series, $0) } }
    guard !fitted.isEmpty else { return [] }
    let rows = fitted.map { series, fit in
      row([
        grid.name(of: series), fit.fixedWords, fit.slopeWords,
      ])
    }
    return [
      "A straight line through the times (least squares of the relative errors; ± one standard error):",
      "", "| points | fixed cost | cost per MiB |", "|---|---:|---:|",
    ] + rows + [""]
  }
}
