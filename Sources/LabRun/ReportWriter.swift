import HostKit
import LabReport

/// Writes a report's forms into the run's folder.
enum ReportWriter {
  /// report.json, from which every other form can be made again.
  static func writeValues(_ report: RunReport, to folder: String) throws(RunError) {
    do { try ReportFile.write(report, to: "\(folder)/report.json") } catch {
      throw failure("report.json", error, folder)
    }
  }

  static func writePage(_ report: RunReport, to folder: String) throws(RunError) {
    do {
      let page = try HTMLReport(report: report, folder: folder).render()
      try ReportFile.write(page, to: "\(folder)/report.html")
    } catch { throw failure("report.html", error, folder) }
  }

  private static func failure(_ name: String, _ error: any Error, _ folder: String) -> RunError {
    RunError(
      "report_failed", "cannot write \(name)",
      SystemFault(error, path: "\(folder)/\(name)", .write), step: "report",
      status: .environmentUnfit)
  }
}
