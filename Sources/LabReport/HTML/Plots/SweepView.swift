import LabResults

/// A sweep as the page shows it.
struct SweepView {
  struct Row {
    var name: String
    var verdict: String
    var count: String
    var median: String
    var quartiles: String
    var extremes: String
    var throughput: String
  }

  struct FitRow {
    var name: String
    var fixed: String
    var slope: String
    var residual: String
  }

  /// Plots of one mode and group.
  struct Panel {
    var heading: String
    var hasHeading: Bool
    var plots: [PlotView]
  }

  var summary: String
  /// What the series differ in; nil for one alone.
  var differences: String?
  /// Nil where the links were left alone.
  var links: LinksView?
  var method: String
  var panels: [Panel]
  /// That some are not drawn.
  var more: String?
  var hasFits: Bool
  var fits: [FitRow]
  /// Nil where the settings are too many for columns.
  var grid: SweepGridView?
  /// Beside other programs; nil where nothing was compared.
  var against: AgainstView?
  var rows: [Row]
  /// `24 points`
  var counted: String
  var failures: [String]
  var hasFailures: Bool

  /// Panels beyond it would only be scrolled past; the table has their points.
  static let panelLimit = 12
  /// As many as the style has colours and dashes.
  private static let seriesLimit = 4

  init(_ sweep: SweepResult, frame: PlotFrame = .column) {
    let series = sweep.series
    let groups = Self.groups(series)
    summary = Self.summary(sweep)
    differences = SweepDifferences(sweep).sentence
    links = LinksView(sweep, frame: frame)
    method = Self.method(sweep)
    panels = groups.prefix(Self.panelLimit).enumerated().map { index, members in
      Self.panel(members, id: "panel-\(index + 1)", isOnly: groups.count == 1, frame: frame)
    }
    if groups.count > Self.panelLimit {
      more =
        "\(groups.count - Self.panelLimit) more combinations of mode and group are in the table alone."
    }
    let grid = SweepGrid(sweep)
    fits = series.compactMap { Self.fit($0, grid.name(of: $0)) }
    hasFits = !fits.isEmpty
    self.grid = SweepGridView(grid)
    against = AgainstView(sweep, frame: frame)
    rows = sweep.points.map { Self.row($0, grid.name(of: $0)) }
    counted = Human.counted(rows.count, "point")
    failures = Self.failures(sweep)
    hasFailures = !failures.isEmpty
  }

  /// Series of one mode, or where those are many, of one mode and group.
  private static func groups(_ series: [SweepSeries]) -> [[SweepSeries]] {
    func grouped(_ series: [SweepSeries], _ key: (SweepSeries) -> String) -> [[SweepSeries]] {
      var order: [String] = []
      var members: [String: [SweepSeries]] = [:]
      for one in series {
        if members[key(one)] == nil { order.append(key(one)) }
        members[key(one), default: []].append(one)
      }
      return order.map { members[$0] ?? [] }
    }
    return grouped(series) { "\($0.setting.mode) \($0.setting.link?.name ?? "")" }.flatMap {
      ofMode in
      ofMode.count <= seriesLimit ? [ofMode] : grouped(ofMode) { $0.setting.group }
    }
  }

  private static func panel(_ series: [SweepSeries], id: String, isOnly: Bool, frame: PlotFrame)
    -> Panel
  {
    let setting = series[0].setting
    let hasOneGroup = Set(series.map(\.setting.group)).count == 1
    let heading =
      "Mode \(setting.mode)" + (setting.link.map { ", link \($0.name)" } ?? "")
      + (hasOneGroup ? ", group \(setting.group)" : "")
    func name(_ one: SweepSeries) -> String {
      hasOneGroup ? one.setting.cipher : "\(one.setting.cipher), \(one.setting.group)"
    }
    let time = PlotView(
      .time, id: "\(id)-time",
      title: "Time of the whole exchange over the image's size. \(heading).",
      unit: "time of the whole exchange, logarithmic",
      caption: "Time of the whole exchange. Bars: quartiles."
        + (series.contains { $0.fit != nil } ? " Thin line: straight-line fit." : ""),
      series: series.map { one in
        let fit = one.fit
        return .init(
          name: name(one), marks: one.points.compactMap { mark($0) { time, _ in time } },
          fit: fit.map { fit in { bytes in fit.value(at: bytes / Double(1 << 20)) } })
      }, frame: frame, ticks: { $0.decimalTicks(most: 7) { Human.roundTime($0) } })
    let rate = PlotView(
      .throughput, id: "\(id)-rate", title: "Throughput over the image's size. \(heading).",
      unit: "throughput, logarithmic",
      caption:
        "Throughput: bytes of the image over the time of the whole exchange. Bars: quartiles.",
      series: series.map { one in
        .init(
          name: name(one),
          marks: one.points.compactMap { mark($0) { time, bytes in bytes / time * 1e9 } }, fit: nil)
      }, frame: frame, ticks: { $0.binaryTicks(most: 7) { "\(Human.exactBytes(UInt64($0)))/s" } })
    return Panel(
      heading: Human.printable(heading), hasHeading: !isOnly,
      plots: [time, rate, ratios(series, id: id, heading: heading, frame: frame, name: name)]
        .compactMap { $0 })
  }

  static func mark(
    _ point: SweepPoint, _ value: (_ time: Double, _ bytes: Double) -> Double
  ) -> PlotView.Mark? {
    let bytes = Double(point.image.bytes)
    guard let time = point.distribution(.exchange), time.minimum > 0, bytes > 0 else { return nil }
    let ends = [value(time.lowerQuartile, bytes), value(time.upperQuartile, bytes)].sorted()
    return .init(x: bytes, lower: ends[0], middle: value(time.median, bytes), upper: ends[1])
  }
}

// MARK: - Texts

extension SweepView {
  private static func summary(_ sweep: SweepResult) -> String {
    var text =
      "\(Human.counted(sweep.points.count, "point")), "
      + "\(Human.counted(sweep.sampleCount, "measurement")). "
      + "Each is one whole exchange, timed at the receiver from the connection to the verified image."
    if let fastest = sweep.points.compactMap({ point in
      point.bytesPerSecond.map { (point, $0) }
    }).max(by: { $0.1 < $1.1 }) {
      text +=
        " The highest throughput, \(Human.rate(bytesPerSecond: fastest.1)), was measured with "
        + "\(SweepGrid(sweep).name(of: fastest.0))."
    }
    return Human.unbroken(Human.printable(text))
  }

  private static func method(_ sweep: SweepResult) -> String {
    let warm =
      sweep.warmups == 1
      ? "One exchange of each point was run before and not counted"
      : "\(sweep.warmups) exchanges of each point were run before and not counted"
    let order =
      sweep.points.contains { $0.link != nil }
      ? "in rounds, each once on every link, links and measurements in random order"
      : "all in one random order"
    let line =
      sweep.series.contains { $0.fit != nil }
      ? " The straight line is fitted to all measurements by least squares of their relative errors; behind ± is "
        + "one standard error." : ""
    var text =
      "\(warm); then \(sweep.repeats) of each were measured, \(order) "
      + "(seed \(sweep.seed)). Nothing is stored: the receiver hashes the image as it decrypts it, and the "
      + "hash must be the original's. Quartiles interpolate between measurements (type 7 of Hyndman and "
      + "Fan)." + line
    if sweep.sessions.count > 1 {
      text += " The sweep was interrupted and went on \(sweep.sessions.count - 1) times."
    }
    return Human.unbroken(text)
  }

  private static func row(_ point: SweepPoint, _ name: String) -> Row {
    let time = point.distribution(.exchange)
    func range(_ low: Double?, _ high: Double?) -> String {
      guard let low, let high else { return "–" }
      return Human.unbroken("\(Human.time(low)) – \(Human.time(high))")
    }
    return Row(
      name: Human.unbroken(Human.printable(name)), verdict: point.verdict.rawValue,
      count: "\(point.samples.count - point.failures.count)",
      median: Human.unbroken(time.map { Human.time($0.median) } ?? "–"),
      quartiles: range(time?.lowerQuartile, time?.upperQuartile),
      extremes: range(time?.minimum, time?.maximum),
      throughput: Human.unbroken(point.bytesPerSecond.map(Human.rate(bytesPerSecond:)) ?? "–"))
  }

  private static func fit(_ series: SweepSeries, _ name: String) -> FitRow? {
    series.fit.map { fit in
      FitRow(
        name: Human.printable(name),
        fixed: Human.unbroken(fit.fixedWords),
        slope: Human.unbroken(fit.slopeWords),
        residual: Human.unbroken("\(Plain.decimal(fit.relativeResidual * 100, places: 1)) %"))
    }
  }

  private static func failures(_ sweep: SweepResult) -> [String] {
    let bad = sweep.points.filter { $0.verdict != .identical }
    let shown = bad.prefix(20).map { point -> String in
      guard let first = point.failures.first else { return "\(point.name): not measured." }
      let reason =
        first.failure.map { "\(Wording.place($0)): \($0.message)" } ?? "the images differ"
      return "\(point.name): \(point.failures.count) of \(point.samples.count) failed; \(reason)"
    }
    let more = bad.count > 20 ? ["… and \(Human.counted(bad.count - 20, "point")) more."] : []
    return (shown + more).map(Human.printable)
  }
}
