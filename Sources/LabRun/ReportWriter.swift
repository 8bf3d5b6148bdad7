import LabReport

/// Writes a report's forms into the run's folder.
enum ReportWriter {
  /// report.json, from which every other form can be made again.
  static func writeValues(_ report: RunReport, to folder: String) throws(RunError) {
    do { try ReportFile.write(report, to: "\(folder)/report.json") } catch {
      throw failure("report.json", "\(error)")
    }
  }

  static func writePage(_ report: RunReport, to folder: String) throws(RunError) {
    do {
      let page = try HTMLReport(report: report, folder: folder).render()
      try ReportFile.write(page, to: "\(folder)/report.html")
    } catch { throw failure("report.html", "\(error)") }
  }

  private static func failure(_ name: String, _ cause: String) -> RunError {
    RunError(
      "report_failed", "cannot write \(name)", hint: "is the disk full? see: pilab doctor",
      step: "report", cause: cause, status: .environmentUnfit)
  }
}
