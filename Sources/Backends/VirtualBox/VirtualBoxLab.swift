import LabCore
import VMKit

/// A lab of virtual machines of VirtualBox.
struct VirtualBoxLab: MachineLab {
  let record: LabRecord
  let host: VirtualBoxHost
  /// By board.
  let marks: [String: VirtualBoxMark]
  let backend: VirtualBoxBackend

  /// VirtualBox does one thing at a time.
  var takesOrdersAtOnce: Bool { false }

  func machine(
    _ board: LabRecord.Board, number: Int
  ) throws(LabError) -> VirtualBoxBoard? {
    guard let mark = marks[board.name] else { return nil }
    return try VirtualBoxBoard(board, number: number, record: record, host: host, mark: mark)
  }

  var engine: String {
    "VirtualBox \(host.version), \((marks.values.first?.engine ?? .driver).words)"
  }
}
