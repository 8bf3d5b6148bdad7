import Foundation
import HostKit
import LabCore
import LabResults

/// What one program printed: to one stream in a finished run, or since it was left running on a board.
public struct RunLog: Sendable, Encodable {
  /// Nil for a command of a person.
  public var exchange: String?
  public var board: String
  /// `stdout`, `stderr`; `output` where a command's two are one.
  public var stream: String
  public var text: String
  /// The words of a command that was left running, its process number on the board, and whether it still runs.
  public var command: String?
  public var process: Int32?
  public var running: Bool?

  /// Of the lab's last run, exchanges in their order, senders first.
  /// - Throws: `no_run`, `run_unreadable`.
  public static func lastRun(of lab: String, in root: String) throws(LabError) -> [RunLog] {
    let folder = "\(LabFolder(of: lab, in: root).runs)/latest"
    guard FileStatus(folder)?.isFolder == true else {
      throw LabError(
        .noRun, "lab '\(lab)' has no run", hint: "run its exchanges: pilab run")
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
      throw LabError(
        .runUnreadable, "cannot read the run \(folder)",
        SystemFault(error, path: folder, .read), step: "logs")
    }
  }
}

extension LabKeeper {
  /// What the commands have printed that were left running on the boards of a lab that is up. A board that does not
  /// answer is told of, and has none.
  /// - Parameter board: nil asks all.
  public func commandLogs(of lab: String, on board: String? = nil) async throws(LabError)
    -> [RunLog]
  {
    guard try index.summary(lab).condition == .up else { return [] }
    let running: any RunningLab
    do throws(LabError) { running = try await attach(lab).running } catch {
      guard !error.isCancellation else { throw error }
      observer(.note("\(error)"))
      return []
    }
    var logs: [RunLog] = []
    for name in running.record.boards.map(\.name) where board == nil || board == name {
      do {
        logs += try await running.board(name).detached().map { command in
          RunLog(
            board: name, stream: "output", text: command.text, command: command.command,
            process: command.process, running: command.isRunning)
        }
      } catch {
        guard error.code != .cancelled else { throw error }
        observer(.note("\(error)"))
      }
    }
    return logs
  }
}
