import Foundation
import FoundationXML
import LabCore
import LabValues
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

  /// - Parameter number: of the board, from 1.
  func mac(_ role: NetworkRole, _ number: Int) -> MACAddress {
    MACAddress(.qemu, lab: id, role, number)
  }
}

/// In a domain's metadata.
typealias BoardMark = MachineMark<Engine>

extension MachineMark where Engine == Libvirt.Engine {
  static var namespace: String { "urn:pilab:board:1" }

  func element(_ name: String = "pilab:board") -> XMLElement {
    let element = XML.element(
      name,
      [
        "lab": lab, "folder": folder, "port": "\(port)", "engine": engine.rawValue, "user": user,
        "disk": hasUserDisk ? "own" : "none",
      ])
    for (key, value) in [("name", labName), ("board", board), ("owner", owner.map { "\($0)" })] {
      if let value { element.set(key, value) }
    }
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
