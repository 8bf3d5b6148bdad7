import HostKit
import LabCore
import VMKit

/// A lab of virtual machines.
struct LibvirtLab: RunningLab, VirtualLab {
  let record: LabRecord
  let host: LibvirtHost
  let inventory: LibvirtInventory
  let tools: Tool

  func board(_ name: String) throws(LabError) -> any RunningBoard { try machine(name) }

  func machine(_ name: String) throws(LabError) -> LibvirtBoard {
    let board = try record.board(name)
    guard let entry = inventory.domain(name) else {
      throw LabError(
        .broken, "its virtual machine is missing", board: name, step: "find",
        hint: "take the lab down and make it anew")
    }
    let number = (record.boards.firstIndex(of: board) ?? 0) + 1
    return try LibvirtBoard(
      board, number: number, record: record, host: host, entry: entry, tools: tools)
  }

  var engine: String {
    let version = (try? host.connection.hypervisorVersion()).map { number in
      " \(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
    let engine = inventory.domains.first?.mark.engine ?? .tcg
    return "QEMU\(version ?? ""), \(engine.rawValue.uppercased())"
  }

  /// On all boards at once; the first failure is reported when all are done.
  func forEachBoard(
    _ body: @escaping @Sendable (LibvirtBoard) async throws(LabError) -> Void
  ) async throws(LabError) {
    var machines: [LibvirtBoard] = []
    for board in record.boards { machines.append(try machine(board.name)) }
    try await concurrentForEach(machines, body)
  }
}
