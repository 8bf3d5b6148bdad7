import HostKit
import LabCore
import LocalBoards

/// One board: a folder, an address, and the processes that run in them.
struct LoopbackBoard: FolderBoard {
  let name: String
  let address: String
  let record: LabRecord
  let files: BoardFiles

  init(_ board: LabRecord.Board, of record: LabRecord) {
    name = board.name
    address = board.address
    self.record = record
    files = BoardFiles(board: board.name, of: record)
  }

  func run(
    _ command: BoardCommand, onLine: @escaping @Sendable (OutputLine) -> Void
  ) async throws(LabError) -> CommandStatus {
    try files.checkExecutable(command.program)
    return try await BoardProcess(board: name, of: record).run(
      files.place(of: command.program), command.arguments, gracePeriod: command.gracePeriod,
      onLine: onLine)
  }

  func process(step: String) async throws(LabError) -> BoardProcess {
    let names = LoopbackNames(record)
    return BoardProcess(
      board: name, of: record, launcher: await names.launcher(), launcherWaits: false,
      variables: names.variables)
  }
}
