import Foundation
import HostKit
import LabReport

/// What one program printed to one stream in a finished run.
public struct RunLog: Sendable, Encodable {
  public var exchange: String
  public var board: String
  /// `stdout`, `stderr`.
  public var stream: String
  public var text: String

  /// Of the lab's last run, exchanges in their order, senders first.
  /// - Throws: `no_run`, `run_unreadable`.
  public static func lastRun(of lab: String, in root: String) throws(RunError) -> [RunLog] {
    let folder = "\(LabFolder(of: lab, in: root).runs)/latest"
    guard FileStatus(folder)?.isFolder == true else {
      throw RunError(
        "no_run", "lab '\(lab)' has no run", hint: "run its exchanges: pilab run",
        status: .inputMissing)
    }
    do {
      var logs: [RunLog] = []
      for exchange in try ReportFile.read("\(folder)/report.json").exchanges {
        for board in [exchange.sender, exchange.receiver] {
          for stream in ["stdout", "stderr"] {
            let path = "\(folder)/\(exchange.name)/\(board)/\(stream).log"
            logs.append(
              RunLog(
                exchange: exchange.name, board: board, stream: stream,
                text: try String(contentsOfFile: path, encoding: .utf8)))
          }
        }
      }
      return logs
    } catch {
      throw RunError(
        "run_unreadable", "cannot read the run \(folder)",
        SystemFault(error, path: folder, .read), step: "logs", status: .inputMissing)
    }
  }
}
