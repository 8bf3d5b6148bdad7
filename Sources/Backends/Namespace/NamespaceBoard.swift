import HostKit
import LabCore
import LocalBoards
import Synchronization

/// One board: a folder of this machine, and a network namespace of the lab.
struct NamespaceBoard: FolderBoard {
  let name: String
  let address: String
  /// From 1, in the order of the record.
  let number: Int
  let record: LabRecord
  let holder: NamespaceHolder
  let tools: Tool
  let nsenter: String
  /// Whoever has a board of a lab keeps the lab.
  let lifeline: Lifeline?

  var files: BoardFiles { BoardFiles(board: name, of: record) }

  func process(step: String) async throws(LabError) -> BoardProcess {
    try checkAlive(step: step)
    let keeper = try await NamespaceKeeper(
      board: .init(name: name, address: address), number: number, record: record, holder: holder,
      tools: tools, nsenter: nsenter
    ).process(step: step)
    return BoardProcess(
      board: name, of: record,
      launcher: holder.launcher(
        nsenter, keeper: keeper, folder: BoardFiles.folder(of: name, in: record)))
  }

  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try checkAlive(step: "run")
    try files.checkExecutable(command.program)
    try files.checkFormat(command.program)
    let process = try await process(step: "run")
    let refusal = Mutex<String?>(nil)
    let status = try await process.run(
      files.place(of: command.program), command.arguments, gracePeriod: command.gracePeriod
    ) { line in
      if line.stream == .standardError, line.text.hasPrefix("nsenter: ") {
        refusal.withLock { $0 = line.text }
      }
      onLine(line)
    }
    // The program was found and could not be started: nsenter says so as shells do.
    if let cause = refusal.withLock({ $0 }),
      [.exited(1), .exited(126), .exited(127)].contains(status)
    {
      // Or the network went away since it was looked at.
      try checkAlive(step: "run")
      throw LabError(
        .commandFailed, "cannot run \(command.program)", board: name, step: "run",
        hint: ToolWords.hint(cause, path: files.place(of: command.program)), cause: cause)
    }
    return status
  }

  /// Before each use: the process of this number may be another by now.
  func checkAlive(step: String) throws(LabError) {
    guard !holder.isAlive else { return }
    throw LabError(
      .broken, "the network of lab '\(record.lab)' is not there any more", board: name, step: step,
      hint: "take the lab down and bring it up again")
  }

  /// Runs a tool of this machine in a network of the lab.
  func tool(
    _ arguments: [String], in network: String, step: String
  ) async throws(LabError) -> Tool.Outcome {
    try checkAlive(step: step)
    guard let program = tools.path(of: arguments[0]) else {
      throw LabError(
        .unavailable, "the program '\(arguments[0])' is not installed", board: name, step: step)
    }
    do {
      return try await tools.run(
        holder.launcher(nsenter, network: network) + [program] + arguments.dropFirst())
    } catch {
      if Task.isCancelled {
        throw LabError(.cancelled, "told to stop", board: name, step: step)
      }
      throw LabError(
        .commandFailed, "cannot run \(arguments[0])", SystemFault(error, path: program, .run),
        board: name, step: step)
    }
  }
}
