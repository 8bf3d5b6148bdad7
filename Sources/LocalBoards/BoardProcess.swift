import Foundation
import Glibc
import HostKit
import LabCore
import Subprocess
import Synchronization
import SystemPackage

/// A program of a board that is a process of this machine.
package struct BoardProcess: Sendable {
  package let board: String
  package let folder: String
  private let lab: String
  package let environment: [Environment.Key: String]
  /// Words before the program's own: what brings it into the board. Its first is an absolute path.
  package let launcher: [String]
  /// Whether the launcher stays while the program runs, or becomes the program.
  package let launcherWaits: Bool

  package init(
    board: String, of record: LabRecord, launcher: [String] = [], launcherWaits: Bool = true,
    variables: [String: String] = [:]
  ) {
    self.board = board
    self.launcher = launcher
    self.launcherWaits = launcherWaits
    lab = record.id
    folder = BoardFiles.folder(of: board, in: record)
    var environment: [Environment.Key: String] = [
      "PATH": ExecCommand.searchPath, "HOME": folder, "LANG": "C.UTF-8",
      Environment.Key(stringLiteral: LabProcesses.labKey): record.id,
      Environment.Key(stringLiteral: LabProcesses.boardKey): board,
    ]
    for (name, value) in variables { environment[Environment.Key(stringLiteral: name)] = value }
    self.environment = environment
  }

  /// Runs a program to its end; `onLine` gets its output.
  package func run(
    _ program: String, _ arguments: [String], gracePeriod: Duration,
    onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try await translated(program, step: "run") {
      try await read(program, arguments, gracePeriod: gracePeriod) { output, errors in
        async let end: Void = OutputLines.follow(errors, as: .standardError, onLine)
        try await OutputLines.follow(output, as: .standardOutput, onLine)
        try await end
      }.status
    }
  }

  /// Runs a program to its end, and gives back the beginning of what it printed.
  package func output(
    of program: String, _ command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    try await translated(command.program, step: "exec") {
      let (status, (output, errors)) = try await read(
        program, command.arguments, gracePeriod: command.gracePeriod, sparesLeft: true
      ) { try await OutputHead.read($0, $1, limit: limit) }
      return CommandOutput(status: status, output, errors)
    }
  }

  /// Runs a program that has no input; `body` reads its output and errors.
  private func read<Value: Sendable>(
    _ program: String, _ arguments: [String], gracePeriod: Duration, sparesLeft: Bool = false,
    _ body:
      @escaping @Sendable (SubprocessOutputSequence, SubprocessOutputSequence) async throws ->
      Value
  ) async throws -> (status: CommandStatus, value: Value) {
    try await ProcessGroupGuard(
      gracePeriod: gracePeriod, sparesLeft: sparesLeft
    ).withProcessGroup { group in
      let (executable, arguments) = launch(program, arguments)
      let outcome = try await Subprocess.run(
        executable, arguments: arguments, environment: .custom(environment),
        workingDirectory: FilePath(folder), platformOptions: options(group, gracePeriod),
        input: .none, output: .sequence, error: .sequence
      ) { execution in
        // A program that is told to stop may still print, and would die by SIGPIPE before it has tidied up if
        // nobody read on.
        let (output, errors) = (execution.standardOutput, execution.standardError)
        return try await uncancelled { try await body(output, errors) }
      }
      return (CommandStatus(outcome.terminationStatus), outcome.closureResult)
    }
  }

  /// Runs a program to its end with this process's own input and output.
  package func exec(
    _ program: String, _ command: ExecCommand
  ) async throws(LabError) -> CommandStatus {
    try await translated(command.program, step: "exec") {
      command.terminal
        ? try await inTerminal(program, command) : try await inGroup(program, command)
    }
  }

  /// What the command leaves behind when it ends by itself lives on until the lab goes down, as on a machine.
  private func inGroup(_ program: String, _ command: ExecCommand) async throws -> CommandStatus {
    try await ProcessGroupGuard(
      gracePeriod: command.gracePeriod, tellsGroup: false, sparesLeft: true
    ).withProcessGroup { group in
      try await inherit(program, command, environment, in: group)
    }
  }

  private func inTerminal(_ program: String, _ command: ExecCommand) async throws -> CommandStatus {
    var environment = environment
    environment["TERM"] = ProcessInfo.processInfo.environment["TERM"]
    return try await inherit(program, command, environment, in: nil)
  }

  private func inherit(
    _ program: String, _ command: ExecCommand, _ environment: [Environment.Key: String],
    in group: pid_t?
  ) async throws -> CommandStatus {
    let (executable, arguments) = launch(program, command.arguments)
    let family = Mutex<[pid_t]>([])
    let outcome = try await withTaskCancellationHandler {
      try await Subprocess.run(
        executable, arguments: arguments, environment: .custom(environment),
        workingDirectory: FilePath(folder), platformOptions: options(group, command.gracePeriod),
        input: .currentStandardInput, output: .currentStandardOutput,
        error: .currentStandardError
      ) { execution in
        family.withLock {
          $0 = [execution.processIdentifier.value]
          // Cancelled before there was anyone to tell.
          if Task.isCancelled { $0 = tell($0) }
        }
      }
    } onCancel: {
      family.withLock { $0 = tell($0) }
    }
    if Task.isCancelled {
      // Whoever is left after the grace period, and whom they have started since.
      let left = family.withLock { $0 }.flatMap { ProcessTree.members(of: $0) }
      let boards = (folder as NSString).deletingLastPathComponent
      for process in left where LabProcesses.belongs(process, to: lab, boards: boards) {
        kill(process, SIGKILL)
      }
    }
    return CommandStatus(outcome.terminationStatus)
  }

  /// Sends SIGTERM to a command's processes; returns all there are.
  private func tell(_ started: [pid_t]) -> [pid_t] {
    guard let first = started.first else { return [] }
    let family = ProcessTree.members(of: first)
    // A launcher that waits for the program would die of the signal, and tell nobody; it ends with it.
    let isAlone = launcher.isEmpty || !launcherWaits || family.count == 1
    let told = isAlone ? family : Array(family.dropFirst())
    for process in told { kill(process, SIGTERM) }
    return family
  }

  private func launch(_ program: String, _ arguments: [String]) -> (Executable, Arguments) {
    let all = launcher + [program] + arguments
    return (.path(FilePath(all[0])), Arguments(Array(all.dropFirst())))
  }

  private func options(_ group: pid_t?, _ gracePeriod: Duration) -> PlatformOptions {
    var options = PlatformOptions()
    options.processGroupID = group
    // Signal 0 reaches nobody: on cancellation SIGTERM goes to all that belongs to the command, once.
    options.teardownSequence = [
      .send(signal: Signal(rawValue: 0), allowedDurationToNextStep: gracePeriod)
    ]
    return options
  }

  private func translated<Value: Sendable>(
    _ program: String, step: String, _ body: @Sendable () async throws -> Value
  ) async throws(LabError) -> Value {
    do {
      let value = try await body()
      // A command that ended in the moment of cancellation was told to, whatever its status.
      try Task.checkCancellation()
      return value
    } catch {
      if error is CancellationError || Task.isCancelled {
        throw LabError(.cancelled, "told to stop", board: board, step: step)
      }
      throw LabError(
        .commandFailed, "cannot run \(program)",
        SystemFault(error, path: program.hasPrefix("/") ? program : nil, .run), board: board,
        step: step)
    }
  }
}
