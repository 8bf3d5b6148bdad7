import HostKit
import LabCore
import LabValues

/// The inside of a board that is reached by SSH: a virtual machine, or anything else with a POSIX shell.
package struct SSHBoard: ScriptRunner {
  package let name: String
  package let address: String
  package let connection: SSHConnection
  /// Working folder on the board, absolute.
  package let folder: String
  /// The board's interface on the lab's network, in lower case with colons; without it the interface is found
  /// by the board's address.
  package let macAddress: String?

  package init(
    _ board: LabRecord.Board, connection: SSHConnection, folder: String, macAddress: String? = nil
  ) {
    name = board.name
    address = board.address
    self.connection = connection
    self.folder = folder
    self.macAddress = macAddress
  }

  package var files: SSHFiles { SSHFiles(connection: connection, folder: folder) }
  package var process: SSHProcess { SSHProcess(connection: connection, folder: folder) }

  private var variables: [(name: String, value: String)] {
    [
      ("PATH", ExecCommand.searchPath), ("HOME", folder), ("LANG", "C.UTF-8"),
      (LabProcesses.labKey, connection.target.lab), (LabProcesses.boardKey, name),
    ]
  }

  package func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    let refusal = Refusal()
    let status = try await process.run(
      ProgramWords(
        name: "\(command.program)", program: "\(folder)/\(command.program)",
        arguments: command.arguments, variables: variables, checksFormat: true,
        searchPath: ExecCommand.searchPath), gracePeriod: command.gracePeriod
    ) { line in
      refusal.look(line)
      onLine(line)
    }
    // The program was found and could not be started: env says so as shells do.
    if let cause = refusal.text, [.exited(126), .exited(127)].contains(status) {
      throw LabError(
        .commandFailed, "cannot run \(command.program)", board: name, step: "run", cause: cause)
    }
    return status
  }

  package func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus {
    try await exec(command, streams: Streams())
  }

  package func exec(
    _ command: ExecCommand, streams: Streams
  ) async throws(LabError) -> CommandStatus {
    // The value that the board has for a terminal is the one that ssh brings.
    try await process.exec(
      words(command), terminal: command.terminal, gracePeriod: command.gracePeriod,
      streams: streams)
  }

  package func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    try await process.output(
      of: words(command), gracePeriod: command.gracePeriod, limit: limit)
  }

  private func words(_ command: ExecCommand) -> ProgramWords {
    let program =
      command.program.contains("/") && !command.program.hasPrefix("/")
      ? "\(folder)/\(command.program)" : command.program
    return ProgramWords(
      name: command.program, program: program, arguments: command.arguments,
      variables: variables, checksFormat: false, searchPath: ExecCommand.searchPath)
  }

  package func collect(
    _ script: String, _ arguments: [String], step: String
  ) async throws(LabError) -> Tool.Outcome {
    let collected = Collected()
    let status = try await process.run(
      ProgramWords(
        name: "sh", program: "/bin/sh", arguments: ["-c", script, "pilab"] + arguments,
        variables: variables, checksFormat: false, searchPath: ExecCommand.searchPath),
      gracePeriod: .seconds(2), step: step, onLine: collected.add)
    return collected.outcome(status)
  }

  package func put(_ file: String, to path: BoardPath, access: FileAccess)
    async throws(LabError)
  {
    try await files.put(file, to: path, access: access)
  }

  package func get(_ path: BoardPath, to destination: String) async throws(LabError) {
    try await files.get(path, to: destination)
  }
}

/// A board that does everything inside of it by SSH.
package protocol SSHReached: RunningBoard, Impairing, Capturing {
  var ssh: SSHBoard { get }

  /// A failure of SSH with the reason that only the machine's maker knows: it is off, or out of memory.
  func explained(_ error: LabError) async -> LabError
}

extension SSHReached {
  package var name: String { ssh.name }
  package var address: String { ssh.address }

  package func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    do { return try await ssh.run(command, onLine: onLine) } catch {
      throw await explained(error)
    }
  }

  package func exec(_ command: ExecCommand) async throws(LabError) -> CommandStatus {
    do { return try await ssh.exec(command) } catch { throw await explained(error) }
  }

  package func output(
    of command: ExecCommand, limit: Int
  ) async throws(LabError) -> CommandOutput {
    do { return try await ssh.output(of: command, limit: limit) } catch {
      throw await explained(error)
    }
  }

  package func detach(_ command: ExecCommand) async throws(LabError) -> Int32 {
    do { return try await ssh.detach(command) } catch { throw await explained(error) }
  }

  package func detached() async throws(LabError) -> [DetachedCommand] {
    do { return try await ssh.detached() } catch { throw await explained(error) }
  }

  package func stop(detached process: Int32, signal: String) async throws(LabError) {
    do { try await ssh.stop(detached: process, signal: signal) } catch {
      throw await explained(error)
    }
  }

  package func get(_ path: BoardPath, to destination: String) async throws(LabError) {
    do { try await ssh.get(path, to: destination) } catch { throw await explained(error) }
  }

  package func possibleImpairments() async throws(LabError) -> Set<LinkImpairment.Kind> {
    do { return try await ssh.possibleImpairments() } catch { throw await explained(error) }
  }

  package func impair(_ impairment: LinkImpairment) async throws(LabError) {
    do { try await ssh.impair(impairment) } catch { throw await explained(error) }
  }

  package func clearImpairment() async throws(LabError) {
    do { try await ssh.clearImpairment() } catch { throw await explained(error) }
  }

  package func startCapture(to file: String) async throws(LabError) -> any PacketCapture {
    do { return try await ssh.startCapture(to: file) } catch { throw await explained(error) }
  }

  package func startCapture(into stream: CaptureStream) async throws(LabError)
    -> any PacketCapture
  {
    do { return try await ssh.startCapture(into: stream) } catch { throw await explained(error) }
  }
}
