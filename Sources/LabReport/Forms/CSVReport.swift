import LabResults

/// The measurements as comma-separated values (RFC 4180): a line for each point of the sweep, then
/// for each with other programs, then for each exchange, times in nanoseconds. Fields that spreadsheets would run as formulas are
/// quoted behind an apostrophe.
struct CSVReport {
  let report: RunResult

  init(_ report: RunResult) { self.report = report }

  /// What the other forms in CSV begin with, too.
  static let settingColumns = [
    "kind", "name", "mode", "profile", "cipher", "group", "group_bits", "authentication", "image",
    "image_bytes",
  ]

  static func setting(of point: SweepPoint, kind: String, name: String) -> [String] {
    [
      kind, name, point.mode, point.profile, point.cipher, point.group, "\(point.groupBits)",
      point.authentication, point.image.name, "\(point.image.bytes)",
    ]
  }

  static let columns: [String] =
    settingColumns + ["verdict", "samples", "failed"]
    + SweepQuantity.allCases.flatMap { quantity in
      ["median", "min", "max", "q1", "q3"].map { "\(quantity.rawValue)_\($0)_ns" }
    } + ["bytes_per_second", "links", "changes_during_run"]

  func render() -> String {
    let points = report.sweptPoints.map { row($0.point, kind: $0.kind, name: $0.point.name) }
    let exchanges = report.exchanges.map { exchange in
      row(SweepPoint(exchange, mode: report.mode), kind: "exchange", name: exchange.name)
    }
    return CSV.text([Self.columns] + points + exchanges)
  }

  private func row(_ point: SweepPoint, kind: String, name: String) -> [String] {
    var cells = Self.setting(of: point, kind: kind, name: name)
    cells += [point.verdict.rawValue, "\(point.samples.count)", "\(point.failures.count)"]
    for quantity in SweepQuantity.allCases {
      let times = point.distribution(quantity)
      let values = times.map {
        [$0.median, $0.minimum, $0.maximum, $0.lowerQuartile, $0.upperQuartile]
      }
      cells += values?.map(Plain.whole) ?? Array(repeating: "", count: 5)
    }
    return cells + [
      point.bytesPerSecond.map(Plain.whole) ?? "",
      point.link.map { $0.impairment?.description ?? "good" }
        ?? (point.mode == report.mode ? report.linkWords.joined(separator: "; ") : ""),
      point.mode == report.mode ? "\(report.changesDuring.count)" : "",
    ]
  }

}

extension RunResult {
  /// Those of the sweep, then those with the programs that it was compared with, each with what tables call it.
  var sweptPoints: [(kind: String, point: SweepPoint)] {
    (sweep?.points ?? []).map { ("point", $0) }
      + (sweep?.against?.points ?? []).map { ("other", $0) }
  }
}

/// Comma-separated values as RFC 4180 has them.
enum CSV {
  /// Lines, each ended by CRLF.
  static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func field(_ raw: String) -> String {
    var text = Human.printable(raw)
    if let first = text.first, "=+-@".contains(first) { text = "'" + text }
    let needsQuotes = text.contains { ",\"'\r\n".contains($0) }
    return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}
