import Foundation
import LabCore
import LabValues
import VMKit

/// Names of what belongs to a lab. Each carries the lab's name for people and its id, or a part of it, for pilab.
struct VirtualBoxNames: Sendable {
  let record: LabRecord

  init(_ record: LabRecord) { self.record = record }

  private var short: String { String(record.id.prefix(8)) }

  func machine(_ board: String) -> String { "pilab-\(record.lab)-\(board)-\(short)" }
  /// An imported appliance that boards are clones of.
  func base(_ number: Int) -> String { "pilab-\(record.lab)-base\(number)-\(short)" }
  var group: String { "/pilab/\(record.lab)" }
  /// Labs of the same name would be on one network otherwise.
  var network: String { "pilab-\(record.lab)-\(short)" }

  /// - Parameter number: of the board, from 1.
  func mac(_ role: NetworkRole, _ number: Int) -> MACAddress {
    MACAddress(.virtualBox, lab: record.id, role, number)
  }
}

/// The folder of a lab's machines, disks, keys and logs.
struct VirtualBoxFolder: Sendable {
  let path: String
  private let record: LabRecord

  init(_ record: LabRecord) {
    self.record = record
    path = MachineFolder(record).path
  }

  var image: String { "\(path)/board.iso" }
  func identity(_ number: Int) -> String { "\(path)/identity-\(number).iso" }
  func disk(_ number: Int) -> String { "\(path)/disk-\(number).vdi" }
  func consoleLog(_ number: Int) -> String { "\(path)/console-\(number).log" }
  /// What VirtualBoxVM writes to its output.
  func output(_ number: Int) -> String { "\(path)/machine-\(number).log" }
  func trace(_ number: Int) -> String { "\(path)/trace-\(number).pcap" }

  /// A Unix socket's path has 107 bytes at most, and the lab may lie anywhere.
  func socket(_ number: Int) -> String {
    let near = "\(path)/console-\(number)"
    return near.utf8.count <= 100 ? near : "\(farFolder)/console-\(number)"
  }

  /// For sockets of labs with long paths, and for what belongs to machines without the driver.
  var farFolder: String { Self.farFolder(record.id) }

  static func farFolder(_ lab: String) -> String { "/tmp/pilab-\(geteuid())-\(lab)" }
}

/// In a machine's extra data, as JSON.
typealias VirtualBoxMark = MachineMark<VirtualBoxEngine>

extension MachineMark where Engine == VirtualBoxEngine {
  /// Of the extra data.
  static var key: String { "pilab/board" }
}

/// What runs a machine's instructions.
enum VirtualBoxEngine: String, Codable, Sendable {
  /// The processor itself, by VirtualBox's kernel module.
  case driver
  /// VirtualBox's interpreter IEM, without the module.
  case driverless

  var words: String { self == .driver ? "with its driver" : "driverless, interpreted (IEM)" }
}
