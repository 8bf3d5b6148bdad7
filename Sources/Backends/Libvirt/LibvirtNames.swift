import Foundation
import FoundationXML
import LabCore
import VMKit

/// Names of what belongs to a lab. Each carries the lab's name for people and its id, or a part of it, for pilab.
struct LibvirtNames: Sendable {
  let lab: String
  let id: String

  init(lab: String, id: String) {
    self.lab = lab
    self.id = id
  }

  init(_ record: LabRecord) { self.init(lab: record.lab, id: record.id) }

  private var short: String { String(id.prefix(8)) }

  func domain(_ board: String) -> String { "pilab-\(lab)-\(board)-\(short)" }
  var network: String { "pilab-\(lab)-\(short)" }
  /// Pools have no metadata, so the whole id stands in the name.
  var pool: String { "pilab-\(lab)-\(id)" }
  /// Interface names have at most 15 characters.
  var bridge: String { "pl\(short)" }

  /// Of QEMU's range, and the same for each look at the lab.
  /// - Parameter number: of the board, from 1.
  func mac(_ role: NetworkRole, _ number: Int) -> String {
    // The id's last four digits tell labs apart, the rest the board's interfaces.
    let low = UInt32(id.suffix(4), radix: 16) ?? 0
    let value =
      UInt32(role == .lab ? 0x000000 : 0x800000) | (low & 0x7F) << 16 | UInt32(number & 0xFFFF)
    let bytes = [value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF]
    return "52:54:00:" + bytes.map { String(format: "%02x", $0) }.joined(separator: ":")
  }
}

/// What a domain's description says of the board, for whoever finds it later.
struct BoardMark: Sendable, Equatable {
  static let namespace = "urn:pilab:board:1"

  /// The lab's id.
  var lab: String
  var labName: String
  /// Of the lab, on pilab's machine.
  var folder: String
  var board: String
  /// On 127.0.0.1, forwarded to the board's port 22.
  var port: UInt16
  var engine: Engine
  var user: String
  /// The board is of a disk of the user's, and not of the lab's image.
  var hasUserDisk: Bool
  /// Who made it; nil in marks of older versions.
  var owner: uid_t?

  func element(_ name: String = "pilab:board") -> XMLElement {
    let element = XML.element(
      name,
      [
        "lab": lab, "name": labName, "folder": folder, "board": board, "port": "\(port)",
        "engine": engine.rawValue, "user": user, "disk": hasUserDisk ? "own" : "none",
      ])
    if let owner { element.set("owner", "\(owner)") }
    element.declare(namespace: Self.namespace, as: "pilab")
    return element
  }

  /// Nil for what this version did not write.
  init?(_ element: XMLElement) {
    guard let lab = element["lab"], let labName = element["name"],
      let folder = element["folder"], let board = element["board"],
      let port = element["port"].flatMap(UInt16.init), let user = element["user"],
      let engine = element["engine"].flatMap(Engine.init)
    else { return nil }
    self.init(
      lab: lab, labName: labName, folder: folder, board: board, port: port, engine: engine,
      user: user, hasUserDisk: element["disk"] == "own",
      owner: element["owner"].flatMap { uid_t($0) })
  }

  init(
    lab: String, labName: String, folder: String, board: String, port: UInt16, engine: Engine,
    user: String, hasUserDisk: Bool, owner: uid_t? = geteuid()
  ) {
    self.owner = owner
    self.hasUserDisk = hasUserDisk
    self.lab = lab
    self.labName = labName
    self.folder = folder
    self.board = board
    self.port = port
    self.engine = engine
    self.user = user
  }
}

extension BoardMark {
  /// Where programs and images lie on the board.
  var folderOnBoard: String {
    guard hasUserDisk else { return "/work" }
    return "/var/tmp/pilab-\(lab)"
  }
}

/// What runs a virtual machine's instructions.
enum Engine: String, Sendable, Codable {
  case kvm, tcg

  /// libvirt's name for it.
  var domainType: String { self == .kvm ? "kvm" : "qemu" }
}

/// What a network's description says of the lab it belongs to.
struct NetworkMark: Sendable, Equatable {
  static let namespace = "urn:pilab:network:1"

  /// The lab's id.
  var lab: String
  /// These are nil in marks of older versions.
  var labName: String?
  var folder: String?
  var owner: uid_t?

  init(_ record: LabRecord) {
    (lab, labName, folder, owner) = (record.id, record.lab, record.folder, geteuid())
  }

  /// Nil where pilab has not made the network.
  init?(_ network: XMLElement) {
    guard let element = network.first("metadata/pilab:network"), let lab = element["lab"] else {
      return nil
    }
    self.lab = lab
    labName = element["name"]
    folder = element["folder"]
    owner = element["owner"].flatMap { uid_t($0) }
  }

  var element: XMLElement {
    let element = XML.element("pilab:network", ["lab": lab])
    element.declare(namespace: Self.namespace, as: "pilab")
    for (key, value) in [("name", labName), ("folder", folder), ("owner", owner.map { "\($0)" })] {
      if let value { element.set(key, value) }
    }
    return element
  }

  /// The id of the lab that the network belongs to.
  static func lab(of network: XMLElement) -> String? { NetworkMark(network)?.lab }
}
