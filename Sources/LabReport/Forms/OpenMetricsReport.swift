import LabResults

/// The run as OpenMetrics text (version 1.0.0 of the specification), for whoever graphs it over time.
struct OpenMetricsReport {
  let report: RunResult

  init(_ report: RunResult) { self.report = report }

  func render() -> String {
    let exchanges = report.exchanges.map { ($0.name, SweepPoint($0, mode: report.mode)) }
    let points =
      exchanges + report.sweptPoints.map { ($0.kind == "point" ? "sweep" : "others", $0.point) }
    var text = info() + run() + (report.tests.map(cells) ?? "")
    text += family(
      "pilab_identical", unit: nil,
      "Whether every exchange of the point delivered its image unchanged.",
      points.map { name, point in (labels(name, point), point.verdict == .identical ? "1" : "0") })
    text += family(
      "pilab_samples", unit: nil, "Exchanges that were timed.",
      points.map { name, point in (labels(name, point), "\(point.samples.count)") })
    text += times(points)
    text += family(
      "pilab_throughput_bytes_per_second", unit: "bytes_per_second",
      "Bytes of the image over the median time of the whole exchange.",
      points.compactMap { name, point in
        point.bytesPerSecond.map { (labels(name, point), Plain.whole($0)) }
      })
    return text + "# EOF\n"
  }

  private func times(_ points: [(String, SweepPoint)]) -> String {
    var samples: [([(String, String)], String)] = []
    for (name, point) in points {
      for quantity in SweepQuantity.allCases {
        guard let times = point.distribution(quantity) else { continue }
        let values = [
          ("0", times.minimum), ("0.25", times.lowerQuartile), ("0.5", times.median),
          ("0.75", times.upperQuartile), ("1", times.maximum),
        ]
        samples += values.map { quantile, value in
          (
            labels(name, point) + [("step", quantity.rawValue), ("quantile", quantile)],
            Plain.seconds(nanoseconds: value)
          )
        }
      }
    }
    return family(
      "pilab_time_seconds", type: "summary", unit: "seconds",
      "Quantiles of the time that a step of the exchange took.", samples)
  }

  private func info() -> String {
    let links = report.linkWords.joined(separator: "; ")
    let labels =
      [
        ("lab", report.lab), ("version", report.pilabVersion), ("mode", report.maker),
        ("processor", report.environment.processor), ("kernel", report.environment.kernel),
      ] + (links.isEmpty ? [] : [("links", links)])
    return """
      # TYPE pilab_run info
      # HELP pilab_run What made the measurements, and where.
      pilab_run_info\(set(labels)) 1

      """
  }

  private func run() -> String {
    family(
      "pilab_run_duration_seconds", unit: "seconds", "Duration of the whole run.",
      [([("lab", report.lab)], Plain.seconds(nanoseconds: Double(report.durationNanoseconds)))])
  }

  private func labels(_ exchange: String, _ point: SweepPoint) -> [(String, String)] {
    [
      ("lab", report.lab), ("exchange", exchange), ("mode", point.mode),
      ("cipher", point.cipher), ("group", point.group), ("image", point.image.name),
      ("image_bytes", "\(point.image.bytes)"),
    ] + (point.link.map { [("link", $0.name)] } ?? [])
  }

  /// By scenario: how many cells ended with each verdict, and how long all of them took.
  private func cells(_ tests: TestResult) -> String {
    let counts = tests.scenarios.flatMap { scenario in
      CellVerdict.allCases.map { verdict in
        (
          labels(scenario) + [("verdict", verdict.rawValue)],
          "\(scenario.cells.count { $0.verdict == verdict })"
        )
      }
    }
    let times = tests.scenarios.map { scenario in
      let sum = scenario.cells.reduce(0.0) { $0 + Double($1.nanoseconds) }
      return (labels(scenario), Plain.seconds(nanoseconds: sum))
    }
    return family("pilab_cells", unit: nil, "Cells of a scenario that ended so.", counts)
      + family(
        "pilab_scenario_seconds", unit: "seconds", "Time that all cells of a scenario took.", times)
  }

  private func labels(_ scenario: ScenarioResult) -> [(String, String)] {
    [("lab", report.lab), ("scenario", scenario.name)]
  }

  private func family(
    _ name: String, type: String = "gauge", unit: String?, _ help: String,
    _ samples: [([(String, String)], String)]
  ) -> String {
    guard !samples.isEmpty else { return "" }
    var text = "# TYPE \(name) \(type)\n"
    if let unit { text += "# UNIT \(name) \(unit)\n" }
    text += "# HELP \(name) \(help)\n"
    for (labels, value) in samples { text += "\(name)\(set(labels)) \(value)\n" }
    return text
  }

  private func set(_ labels: [(String, String)]) -> String {
    let pairs = labels.map { name, value in
      let escaped = Human.printable(value).replacing("\\", with: "\\\\")
        .replacing("\"", with: "\\\"")
      return "\(name)=\"\(escaped)\""
    }
    return "{\(pairs.joined(separator: ","))}"
  }
}
