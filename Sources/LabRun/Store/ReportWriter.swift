import HostKit
import LabCore
import LabResults

/// Renders a finished run as the page that lies beside its report.json; the folder is what the paths of the run's
/// files are relative to. Whoever starts runs brings it, so that running needs no renderer.
public typealias RunPage = @Sendable (RunResult, _ folder: String) throws -> String

/// Writes a run's result and its page into the run's folder.
struct ReportWriter: Sendable {
  let page: RunPage

  /// report.json, from which every other form can be made again.
  func writeValues(_ result: RunResult, to folder: String) throws(LabError) {
    do { try ReportFile.write(result, to: "\(folder)/report.json") } catch {
      throw Self.failure("report.json", error, folder)
    }
  }

  func writePage(_ result: RunResult, to folder: String) throws(LabError) {
    do { try ReportFile.write(page(result, folder), to: "\(folder)/report.html") } catch {
      throw Self.failure("report.html", error, folder)
    }
  }

  private static func failure(_ name: String, _ error: any Error, _ folder: String) -> LabError {
    LabError(
      .reportFailed, "cannot write \(name)",
      SystemFault(error, path: "\(folder)/\(name)", .write), step: "report")
  }
}
