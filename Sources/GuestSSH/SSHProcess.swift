import Foundation
import HostKit
import LabCore
import Subprocess
import Synchronization
import SystemPackage

/// The input, output and errors of a command.
package struct Streams: Sendable {
  var input = FileDescriptor.standardInput
  var output = FileDescriptor.standardOutput
  var error = FileDescriptor.standardError
}

/// A program on a board, run over its SSH connection.
package struct SSHProcess: Sendable {
  let connection: SSHConnection
  /// Working folder on the board, absolute.
  let folder: String

  /// Beyond the grace period, for the board to say that all is over, before ssh is killed.
  private static let slack = Duration.seconds(5)

  private var session: SSHSession { SSHSession(connection: connection) }

  /// Runs a program without input; `onLine` gets its output.
  func run(
    _ program: ProgramWords, gracePeriod: Duration, step: String = "run",
    onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try await read(program, gracePeriod: gracePeriod, step: step) { output, errors, stop in
      @Sendable func follow(
        _ sequence: SubprocessOutputSequence, _ stream: OutputLine.Stream
      ) async throws {
        do { try await OutputLines.follow(sequence, as: stream, onLine) } catch {
          // Nobody reads on; the program is to end, so that the other stream ends too.
          stop()
          throw error
        }
      }
      async let end: Void = follow(errors, .standardError)
      try await follow(output, .standardOutput)
      try await end
    }.status
  }

  /// Runs a program without input, and gives back the beginning of what it printed.
  func output(
    of program: ProgramWords, gracePeriod: Duration, limit: Int
  ) async throws(LabError) -> CommandOutput {
    let (status, (output, errors)) = try await read(
      program, gracePeriod: gracePeriod, sparesLeft: true, step: "exec"
    ) { output, errors, _ in try await OutputHead.read(output, errors, limit: limit) }
    return CommandOutput(status: status, output, errors)
  }

  /// Reads both streams of a program; the last of its arguments ends the program.
  private typealias Reader<Value> =
    @Sendable (
      SubprocessOutputSequence, SubprocessOutputSequence, @escaping @Sendable () -> Void
    ) async throws -> Value

  private func read<Value: Sendable>(
    _ program: ProgramWords, gracePeriod: Duration, sparesLeft: Bool = false, step: String,
    _ reader: @escaping Reader<Value>
  ) async throws(LabError) -> (status: CommandStatus, value: Value) {
    try await connection.open(step: step)
    return try await connection.translated(step: step) {
      let call = Call(folder: folder)
      let script = RemoteScript.run(sparesLeft: sparesLeft)
      let (status, value) = try await session.logged { log in
        let outcome = try await runSession(program, call, script, log, gracePeriod, reader)
        return (outcome.status, outcome)
      }
      return (try await meaning(of: status, call, program, step: step), value)
    }
  }

  private func runSession<Value: Sendable>(
    _ program: ProgramWords, _ call: Call, _ script: String, _ log: String,
    _ gracePeriod: Duration, _ reader: @escaping Reader<Value>
  ) async throws -> (status: CommandStatus, value: Value) {
    let control = try RemoteProcessControl()
    defer { control.close() }
    let text = RemoteScript.program(program, terminal: false) + call.endMark + "\n"
    return try await withTaskCancellationHandler {
      try await ProcessGroupGuard(
        gracePeriod: gracePeriod + Self.slack, tellsGroup: false
      ).withProcessGroup { group in
        let outcome = try await Subprocess.run(
          .path(FilePath(connection.client)),
          arguments: sshArguments(call.command(script), log),
          environment: .custom(connection.environment),
          workingDirectory: FilePath(connection.target.folder),
          platformOptions: options(group, gracePeriod),
          input: .fileDescriptor(control.input, closeAfterSpawningProcess: false),
          output: .sequence, error: .sequence
        ) { execution in
          let (output, errors) = (execution.standardOutput, execution.standardError)
          // What is told to stop may still print.
          return try await uncancelled {
            async let value = reader(output, errors, control.close)
            try await control.start(text)
            return try await value
          }
        }
        return (CommandStatus(outcome.terminationStatus), outcome.closureResult)
      }
    } onCancel: {
      control.stop(after: gracePeriod)
    }
  }

  /// Runs a program with the input and output of a person.
  func exec(
    _ program: ProgramWords, terminal: Bool, gracePeriod: Duration, streams: Streams = Streams()
  ) async throws(LabError) -> CommandStatus {
    try await connection.open(step: "exec")
    return try await connection.translated(step: "exec") {
      let call = Call(folder: folder)
      let control = try RemoteProcessControl()
      defer { control.close() }
      return try await withTaskCancellationHandler {
        try await ProcessGroupGuard(
          gracePeriod: gracePeriod + Self.slack + Self.slack, tellsGroup: false
        ).withProcessGroup { group in
          try await controlled(
            program, call, control, terminal: terminal, group, gracePeriod, streams)
        }
      } onCancel: {
        control.stop(after: gracePeriod)
      }
    }
  }

  /// The control session, and while it lasts the program's own.
  private func controlled(
    _ program: ProgramWords, _ call: Call, _ control: RemoteProcessControl, terminal: Bool,
    _ group: pid_t,
    _ gracePeriod: Duration, _ streams: Streams
  ) async throws -> CommandStatus {
    let text = RemoteScript.program(program, terminal: terminal) + call.endMark + "\n"
    return try await session.logged { log in
      let outcome = try await Subprocess.run(
        .path(FilePath(connection.client)),
        arguments: sshArguments(call.command(RemoteScript.controlling(terminal: terminal)), log),
        environment: .custom(connection.environment),
        workingDirectory: FilePath(connection.target.folder),
        platformOptions: options(group, gracePeriod + Self.slack),
        input: .fileDescriptor(control.input, closeAfterSpawningProcess: false),
        output: .sequence, error: .combinedWithOutput
      ) { execution in
        try await uncancelled {
          defer { control.close() }
          try await control.start(text)
          var said: [String] = []
          for try await line in execution.standardOutput.strings() {
            if line.hasSuffix("ready") { return try await own() }
            said.append(line)
          }
          throw refusal(program, said.joined(separator: " "), step: "exec")
        }
      }
      return (CommandStatus(outcome.terminationStatus), try outcome.closureResult.get())
    }
    @Sendable func own() async throws -> Result<CommandStatus, any Error> {
      do {
        let status = try await session.logged { log in
          let status = try await execSession(
            call, log, terminal ? nil : group, terminal, gracePeriod, streams)
          return (status, status)
        }
        if control.isStopped { throw CancellationError() }
        return .success(try await meaning(of: status, call, program, step: "exec"))
      } catch { return .failure(error) }
    }
  }

  private func execSession(
    _ call: Call, _ log: String, _ group: pid_t?, _ terminal: Bool, _ gracePeriod: Duration,
    _ streams: Streams
  ) async throws -> CommandStatus {
    var environment = connection.environment
    environment["TERM"] = ProcessInfo.processInfo.environment["TERM"]
    let outcome = try await Subprocess.run(
      .path(FilePath(connection.client)),
      arguments: sshArguments(call.command(RemoteScript.controlled), log, terminal: terminal),
      environment: .custom(environment), workingDirectory: FilePath(connection.target.folder),
      platformOptions: options(group, gracePeriod),
      input: .fileDescriptor(streams.input, closeAfterSpawningProcess: false),
      output: .fileDescriptor(streams.output, closeAfterSpawningProcess: false),
      error: .fileDescriptor(streams.error, closeAfterSpawningProcess: false))
    return CommandStatus(outcome.terminationStatus)
  }

  /// What the session's end says of the program's.
  private func meaning(
    of status: CommandStatus, _ call: Call, _ program: ProgramWords, step: String
  ) async throws -> CommandStatus {
    guard status == .exited(RemoteScript.seeStatus) else { return status }
    let outcome = try await session.collect(
      RemoteShell.command("cat \"$1\" && rm -f \"$1\"", ["\(call.base).status"]))
    let words = outcome.output.split(whereSeparator: \.isWhitespace)
    if words.count == 2, let number = Int32(words[1]) {
      if words[0] == "exit" { return .exited(number) }
      if words[0] == "signal" { return .signalled(number) }
    }
    throw refusal(program, words.dropFirst().joined(separator: " "), step: step)
  }

  private func refusal(_ program: ProgramWords, _ reason: String, step: String) -> LabError {
    func make(_ message: String, hint: String? = nil, cause: String? = nil) -> LabError {
      LabError(
        .commandFailed, message, board: connection.target.board, step: step, hint: hint,
        cause: cause)
    }
    let name = program.name
    switch reason {
    case "missing":
      return make(
        program.isLookedUp
          ? "there is no program '\(name)' on the board"
          : "there is no executable \(name) on the board",
        hint: program.isLookedUp ? "programs are looked up in \(program.searchPath)" : nil)
    case "format":
      return make("\(name) is not a program: it is neither ELF nor starts with #!")
    default:
      return make(
        "the board cannot run \(name) in its folder \(folder)",
        hint: "is the folder there, and is there room on the board's disk?",
        cause: reason.isEmpty ? nil : reason)
    }
  }

  private func sshArguments(_ command: String, _ log: String, terminal: Bool = false) -> Arguments {
    Arguments(connection.target.commandWords(command, log: log, terminal: terminal))
  }

  /// The board ends the program when told; ssh is ended only when that has led to nothing.
  private func options(_ group: pid_t?, _ gracePeriod: Duration) -> PlatformOptions {
    var options = PlatformOptions()
    options.processGroupID = group
    options.teardownSequence = [
      .send(signal: Signal(rawValue: 0), allowedDurationToNextStep: gracePeriod + Self.slack),
      // So that it gives the terminal back as it was.
      .send(signal: .terminate, allowedDurationToNextStep: .milliseconds(500)),
    ]
    return options
  }
}

/// One run of a program: where its files lie on the board.
private struct Call: Sendable {
  let folder: String
  let base: String
  /// A line that no text of ours has.
  let endMark: String

  init(folder: String) {
    self.folder = folder
    let id = LabRecord.newID()
    base = "\(folder)/.pilab-\(id)"
    endMark = "end of \(id)"
  }

  func command(_ script: String) -> String {
    RemoteShell.command(script, [base, endMark, folder])
  }
}
