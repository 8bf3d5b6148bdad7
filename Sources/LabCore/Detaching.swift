import Foundation
import HostKit
import Synchronization

//  board's working folder/.pilab-detached/ID.command   the words
//                                         ID.process   process number, and when it was started
//                                         ID.log       output and errors
//                                         ID.watch     the process that waits for its end
//                                         ID.status    `exit N` or `signal N`, when it has ended

/// A board that runs short scripts of ours, with the marks of the lab and in its working folder.
package protocol ScriptRunner: RunningBoard {
  func collect(
    _ script: String, _ arguments: [String], step: String
  ) async throws(LabError) -> Tool.Outcome

  /// Its working folder, where that lies on this machine.
  var localFolder: String? { get }
}

extension ScriptRunner {
  package var localFolder: String? { nil }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    try await start(command)
  }

  /// Starts the command so that it outlives its starter; returns its process number.
  package func start(_ command: ExecCommand) async throws(LabError) -> Int32 {
    let milliseconds = UInt64(Date.now.timeIntervalSince1970 * 1000)
    // By name they are in the order of their starts.
    let id = "\(milliseconds)-\(LabRecord.newID().prefix(4))"
    let outcome = try await collect(
      DetachScript.start,
      [id, ShellWord.line([command.program] + command.arguments), command.program]
        + command.arguments, step: "exec")
    if outcome.succeeded, let process = Int32(outcome.output.split(separator: "\n").last ?? "") {
      return process
    }
    let isMissing = outcome.status == .exited(DetachScript.missing)
    throw LabError(
      .commandFailed,
      isMissing
        ? "there is no program '\(command.program)' on the board"
        : "cannot start '\(command.program)' on the board",
      board: name, step: "exec",
      hint: isMissing && !command.program.contains("/")
        ? "programs are looked up in \(ExecCommand.searchPath)"
        : ToolWords.hint(outcome.errors, path: localFolder),
      cause: outcome.errors.isEmpty ? nil : outcome.errors)
  }

  package func detached() async throws(LabError) -> [DetachedCommand] {
    let mark = "mark \(LabRecord.newID())"
    let outcome = try await collect(DetachScript.list, [mark], step: "logs")
    guard outcome.succeeded else {
      throw LabError(
        .commandFailed, "cannot read what its commands have printed", board: name, step: "logs",
        cause: outcome.errors)
    }
    return DetachScript.read(outcome.output, mark: mark)
  }

  package func stop(detached process: Int32, signal: String) async throws(LabError) {
    let outcome = try await collect(DetachScript.stop, ["\(process)", signal], step: "stop")
    guard !outcome.succeeded else { return }
    throw LabError(
      .commandFailed,
      outcome.status == .exited(DetachScript.missing)
        ? "no command was left running as process \(process)"
        : "cannot send SIG\(signal) to process \(process)",
      board: name, step: "stop", cause: outcome.errors.isEmpty ? nil : outcome.errors)
  }
}

/// Lines of what a script prints, from any thread.
package final class Collected: Sendable {
  package init() {}

  private let lines = Mutex<[OutputLine]>([])

  /// Takes a line in.
  package func add(_ line: OutputLine) { lines.withLock { $0.append(line) } }

  /// All that came, as the outcome of a tool that ended so.
  package func outcome(_ status: CommandStatus) -> Tool.Outcome {
    let lines = lines.withLock { $0 }
    func text(_ stream: OutputLine.Stream) -> String {
      lines.filter { $0.stream == stream }.map { $0.text + "\n" }.joined()
    }
    return Tool.Outcome(
      status: status, output: text(.standardOutput),
      errors: text(.standardError).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
