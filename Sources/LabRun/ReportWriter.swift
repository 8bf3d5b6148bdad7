import LabReport

/// Writes a report's forms into the run's folder.
enum ReportWriter {
  static func write(_ report: RunReport, to folder: RunFolder) throws(RunError) {
    do {
      try ReportFile.write(report, to: "\(folder.work)/report.json")
    } catch { throw failure("report.json", "\(error)") }
    do {
      let page = try HTMLReport(report: report, folder: folder.work).render()
      try ReportFile.write(page, to: "\(folder.work)/report.html")
    } catch { throw failure("report.html", "\(error)") }
  }

  private static func failure(_ name: String, _ cause: String) -> RunError {
    RunError(
      "report_failed", "cannot write \(name)", hint: "is the disk full? see: pilab doctor",
      step: "report", cause: cause, status: .environmentUnfit)
  }
}
