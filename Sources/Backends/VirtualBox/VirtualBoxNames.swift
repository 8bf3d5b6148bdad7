import Foundation
import LabCore
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

  /// Of VirtualBox's range, in lower case with colons, and the same for each look at the lab.
  /// - Parameter number: of the board, from 1.
  func mac(_ role: NetworkRole, _ number: Int) -> String {
    let low = UInt32(record.id.suffix(4), radix: 16) ?? 0
    let value =
      UInt32(role == .lab ? 0x000000 : 0x800000) | (low & 0x7F) << 16 | UInt32(number & 0xFFFF)
    let bytes = [value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF]
    return "08:00:27:" + bytes.map { String(format: "%02x", $0) }.joined(separator: ":")
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

/// What a machine's extra data say of the board, for whoever finds it later.
struct VirtualBoxMark: Codable, Sendable, Equatable {
  /// Key of the extra data; the value is JSON.
  static let key = "pilab/board"

  /// The lab's id.
  var lab: String
  /// Of the lab, on pilab's machine.
  var folder: String
  /// Nil for an appliance that boards are clones of.
  var board: String?
  /// On 127.0.0.1, forwarded to the board's port 22.
  var port: UInt16
  var engine: VirtualBoxEngine
  var user: String
  /// The board is of a disk of the user's, and not of the lab's image.
  var hasUserDisk: Bool

  private enum CodingKeys: String, CodingKey {
    case lab, folder, board, port, engine, user
    case hasUserDisk = "hasOwnDisk"
  }

  var folderOnBoard: String { hasUserDisk ? "/var/tmp/pilab-\(lab)" : "/work" }
}

/// What runs a machine's instructions.
enum VirtualBoxEngine: String, Codable, Sendable {
  /// The processor itself, by VirtualBox's kernel module.
  case driver
  /// VirtualBox's interpreter IEM, without the module.
  case driverless

  var words: String { self == .driver ? "with its driver" : "driverless, interpreted (IEM)" }
}
