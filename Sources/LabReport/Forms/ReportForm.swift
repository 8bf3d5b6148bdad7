import Foundation
import LabResults

/// The forms that a stored report can be printed in.
public enum ReportForm: String, CaseIterable, Sendable {
  case text, json, html, markdown, junit
  /// With Surefire's elements for repeated attempts, which Ant's schema does not have.
  case junitSurefire = "junit-surefire"
  case csv
  /// A line a repetition, where `csv` has medians.
  case csvSamples = "csv-samples"
  case openmetrics

  /// The report in this form, with a newline at its end.
  /// - Parameter folder: what the paths of the report's files are relative to.
  /// - Throws: `ReportFileError`; or for a broken template, which is a bug.
  public func render(_ report: RunResult, folder: String) throws -> String {
    switch self {
    case .text: TerminalSummary(report).render(color: false, width: 100)
    case .json: String(decoding: try ReportFile.encode(report), as: UTF8.self)
    case .html: try HTMLReport(report: report, folder: folder).render()
    case .markdown: MarkdownReport(report, folder: folder).render()
    case .junit: JUnitReport(report, .ant).render()
    case .junitSurefire: JUnitReport(report, .surefire).render()
    case .csv: report.tests.map { CellTable($0).render() } ?? CSVReport(report).render()
    case .csvSamples: SampleTable(report).render()
    case .openmetrics: OpenMetricsReport(report).render()
    }
  }
}

/// The JSON Schema (draft 2020-12) of report.json, version 1.
public enum ReportSchema {
  public static var json: String {
    String(decoding: PackageResources.report_schema_json, as: UTF8.self)
  }
}

/// Numbers for programs: no exponents, no locale.
enum Plain {
  /// Seconds with nanoseconds, without needless zeros: `0.0123`, `2`.
  static func seconds(nanoseconds: Double) -> String {
    guard nanoseconds.isFinite, nanoseconds >= 0, nanoseconds < 1e18 else { return "0" }
    let whole = UInt64(nanoseconds.rounded())
    let (seconds, rest) = whole.quotientAndRemainder(dividingBy: 1_000_000_000)
    var fraction = String(rest)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return fraction.isEmpty ? "\(seconds)" : "\(seconds).\(fraction)"
  }

  static func whole(_ value: Double) -> String {
    value.isFinite && abs(value) < 1e18 ? "\(Int64(value.rounded()))" : "0"
  }

  /// With so many decimals.
  static func decimal(_ value: Double, places: Int) -> String {
    String(format: "%.\(places)f", value)
  }
}
