import LabResults

/// Every measurement by itself as comma-separated values: a line a repetition, times in nanoseconds.
struct SampleTable {
  let report: RunResult

  init(_ report: RunResult) { self.report = report }

  static let columns: [String] =
    CSVReport.settingColumns + ["position", "verdict"]
    + SweepQuantity.allCases.map { "\($0.rawValue)_ns" } + ["link"]

  func render() -> String {
    let points = report.sweptPoints.flatMap { rows($0.point, kind: $0.kind, name: $0.point.name) }
    let exchanges = report.exchanges.flatMap { exchange in
      rows(SweepPoint(exchange, mode: report.mode), kind: "exchange", name: exchange.name)
    }
    return CSV.text([Self.columns] + points + exchanges)
  }

  private func rows(_ point: SweepPoint, kind: String, name: String) -> [[String]] {
    let setting = CSVReport.setting(of: point, kind: kind, name: name)
    return point.samples.map { sample in
      setting + ["\(sample.position)", sample.verdict.rawValue]
        + SweepQuantity.allCases.map { quantity in
          sample.nanoseconds[quantity.rawValue].map { "\($0)" } ?? ""
        } + [point.link?.name ?? ""]
    }
  }
}
