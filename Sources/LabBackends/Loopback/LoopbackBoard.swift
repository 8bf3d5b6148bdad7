/// One board: a folder, an address, and the processes that run in them.
struct LoopbackBoard: FolderBoard {
  let name: String
  let address: String
  let files: BoardFiles
  let process: BoardProcess

  init(_ board: LabRecord.Board, of record: LabRecord) {
    name = board.name
    address = board.address
    files = BoardFiles(board: board.name, of: record)
    process = BoardProcess(board: board.name, of: record)
  }

  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(BackendError) -> CommandStatus {
    try files.checkExecutable(command.program)
    return try await process.run(
      files.place(of: command.program), command.arguments, gracePeriod: command.gracePeriod,
      onLine: onLine)
  }

  func exec(_ command: ExecCommand) async throws(BackendError) -> CommandStatus {
    let program = try files.executable(command.program, searchPath: BoardProcess.searchPath)
    return try await process.exec(program, command)
  }
}
