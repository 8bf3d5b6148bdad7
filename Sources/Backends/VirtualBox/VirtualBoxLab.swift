import LabCore
import VMKit

/// A lab of virtual machines of VirtualBox.
struct VirtualBoxLab: RunningLab, VirtualLab {
  let record: LabRecord
  let host: VirtualBoxHost
  /// By board.
  let marks: [String: VirtualBoxMark]
  let backend: VirtualBoxBackend

  func board(_ name: String) throws(LabError) -> any RunningBoard { try machine(name) }

  func machine(_ name: String) throws(LabError) -> VirtualBoxBoard {
    let board = try record.board(name)
    guard let mark = marks[name] else {
      throw LabError(
        .broken, "its virtual machine is missing", board: name, step: "find",
        hint: "take the lab down and make it anew")
    }
    let number = (record.boards.firstIndex(of: board) ?? 0) + 1
    return try VirtualBoxBoard(board, number: number, record: record, host: host, mark: mark)
  }

  var engine: String {
    "VirtualBox \(host.version), \((marks.values.first?.engine ?? .driver).words)"
  }

  func machines() throws(LabError) -> [VirtualBoxBoard] {
    try record.boards.map { board throws(LabError) in try machine(board.name) }
  }

  /// On all boards at once; the first failure is reported when all are done.
  func forEachBoard(
    _ body: @escaping @Sendable (VirtualBoxBoard) async throws(LabError) -> Void
  ) async throws(LabError) {
    let machines = try machines()
    try await concurrentForEach(machines, body)
  }
}
