import HostKit
import LabCore
import VMKit

/// A lab of virtual machines.
struct LibvirtLab: MachineLab {
  let record: LabRecord
  let host: LibvirtHost
  let inventory: LibvirtInventory
  let tools: Tool

  var takesOrdersAtOnce: Bool { true }

  func machine(
    _ board: LabRecord.Board, number: Int
  ) throws(LabError) -> LibvirtBoard? {
    guard let entry = inventory.domain(board.name) else { return nil }
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
}
