import Foundation
import Subprocess
import SystemPackage

/// One board: a folder, an address, and the processes that run in them.
struct LoopbackBoard: RunningBoard {
  let name: String
  let address: String
  let folder: String

  /// Longest line that a program may print; more is an error and not silently cut.
  private static let longestLine = 1 << 20

  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(BackendError) -> CommandStatus {
    try checkExecutable(command.program)
    do {
      let status = try await ProcessGroupGuard(gracePeriod: command.gracePeriod).withProcessGroup {
        try await spawn(command, in: $0, onLine: onLine)
      }
      // A command that ended in the moment of cancellation was told to, whatever its status.
      try Task.checkCancellation()
      return status
    } catch is CancellationError {
      throw BackendError(.cancelled, "told to stop", board: name, step: "run")
    } catch {
      if Task.isCancelled {
        throw BackendError(.cancelled, "told to stop", board: name, step: "run")
      }
      throw BackendError(
        .commandFailed, "cannot run \(command.program)", board: name, step: "run",
        cause: String(describing: error))
    }
  }

  func put(_ file: String, to path: BoardPath, access: FileAccess) async throws(BackendError) {
    let destination = place(of: path)
    do {
      try makeParent(of: destination)
      try FileCopy.copy(from: file, to: destination, permissions: access.rawValue, replace: true)
    } catch {
      throw fileError("cannot put \(file) on the board as \(path)", step: "put", error)
    }
  }

  func get(_ path: BoardPath, to destination: String) async throws(BackendError) {
    do {
      try FileCopy.link(from: place(of: path), to: destination)
    } catch {
      throw fileError("cannot bring \(path) from the board to \(destination)", step: "get", error)
    }
  }

  private func spawn(
    _ command: BoardCommand, in processGroup: pid_t,
    onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws -> CommandStatus {
    var options = PlatformOptions()
    options.processGroupID = processGroup
    // Signal 0 reaches nobody: on cancellation the guard sends SIGTERM to the whole group, once.
    options.teardownSequence = [
      .send(signal: Signal(rawValue: 0), allowedDurationToNextStep: command.gracePeriod)
    ]
    let outcome = try await Subprocess.run(
      .path(FilePath(place(of: command.program))), arguments: Arguments(command.arguments),
      environment: .custom([
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8",
      ]),
      workingDirectory: FilePath(folder), platformOptions: options, input: .none,
      output: .sequence, error: .sequence
    ) { execution in
      // In a task of its own, which cancellation does not reach: a program that is told to stop may still
      // print, and would die by SIGPIPE before it has tidied up if nobody read on.
      try await Task {
        async let errors: Void = follow(execution.standardError, as: .standardError, onLine)
        try await follow(execution.standardOutput, as: .standardOutput, onLine)
        try await errors
      }.value
    }
    return switch outcome.terminationStatus {
    case .exited(let code): .exited(code)
    case .signaled(let signal): .signalled(signal)
    }
  }

  private func follow(
    _ output: SubprocessOutputSequence, as stream: OutputLine.Stream,
    _ onLine: @Sendable (OutputLine) -> Void
  ) async throws {
    let lines = output.strings(
      separatedBy: .unicodeScalarSequence(["\n"]),
      bufferingPolicy: .maxLineLength(Self.longestLine))
    for try await line in lines {
      onLine(OutputLine(stream, line))
    }
  }

  private func place(of path: BoardPath) -> String { "\(folder)/\(path)" }

  private func checkExecutable(_ program: BoardPath) throws(BackendError) {
    guard FileManager.default.isExecutableFile(atPath: place(of: program)) else {
      throw BackendError(
        .commandFailed, "there is no executable \(program) on the board", board: name, step: "run")
    }
  }

  private func makeParent(of path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
  }

  private func fileError(_ message: String, step: String, _ cause: any Error) -> BackendError {
    BackendError(
      .fileNotCopied, message, board: name, step: step, cause: String(describing: cause))
  }
}
