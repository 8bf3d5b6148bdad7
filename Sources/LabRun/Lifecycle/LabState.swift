import LabCore
import LabManifest
import LabValues

/// What is written down of a lab before anything of it is made, so that any later pilab finds it again or
/// removes what there is of it.
public struct LabState: Codable, Sendable, Equatable {
  /// How far the lab has come.
  public enum Phase: String, Codable, Sendable {
    case creating, up, destroying
  }

  public static let currentVersion = 1

  public var schemaVersion = currentVersion
  public var phase = Phase.creating
  /// A run made the lab for itself alone: when that run is gone, the lab is nobody's.
  public var isTransient: Bool
  /// Process that made the lab.
  public var maker: Int32
  /// When it was made, ISO 8601, UTC.
  public var since: String
  /// What the lab was made from; nil where that was no file.
  public var manifest: ManifestSource?
  public var subnet: String
  public var impairment: LinkImpairment?
  /// What is in force now, see `inForce`; nil in states of older versions.
  var conditions: LabConditions?
  /// See `disturbances`; nil where there are none, and in states of older versions.
  var openDisturbances: [Disturbance]?
  /// Hidden folders of runs that were begun and not finished, absolute.
  public var unfinishedRuns: [String] = []
  public var record: LabRecord
  /// What boards got when the lab came up, by board; nil where no board got any, and in states of older versions.
  public var files: [String: [PlacedFile]]?
  /// The commands that made boards ready, by board; nil as above.
  var commands: [String: [[String]]]?

  /// Why a lab made like this one cannot serve that manifest; nil where it can.
  func difference(from manifest: LabManifest, mode: LabMode) -> String? {
    if mode != .auto, mode != record.mode {
      return "it is up in mode \(record.mode.rawValue), not \(mode.rawValue)"
    }
    let boards = record.boards.map(\.name)
    if boards != manifest.boards.map(\.name) { return "its boards are \(boards.listed)" }
    if addresses != manifest.boards.map(\.address.description) {
      return "its boards have the addresses \(addresses.listed)"
    }
    if subnet != manifest.network.subnet.description { return "its subnet is \(subnet)" }
    if let machinePlan, machinePlan != manifest.machinePlan(record.mode) {
      return "its machines are: \(machinePlan.listed)"
    }
    if impairment != manifest.network.impairment {
      return "its impairment is \(impairment ?? LinkImpairment())"
    }
    return nil
  }

  /// The manifest's addresses, in the order of the boards; a backend may have mapped them to others.
  var addresses: [String]
  /// What the manifest wants of boards that are machines, in their order; nil for other boards, and in states of older
  /// versions.
  var machinePlan: [String]?

  /// - Parameter hasMachines: each board has a kernel of its own.
  init(
    isTransient: Bool, maker: Int32, since: String, source: ManifestSource?,
    manifest: LabManifest, record: LabRecord, hasMachines: Bool
  ) {
    self.isTransient = isTransient
    self.maker = maker
    self.since = since
    self.manifest = source
    self.record = record
    subnet = manifest.network.subnet.description
    impairment = manifest.network.impairment
    addresses = manifest.boards.map(\.address.description)
    machinePlan = hasMachines ? manifest.machinePlan(record.mode) : nil
    conditions = LabConditions(record.boards.map(\.name), manifest: impairment)
  }
}

extension LabManifest {
  /// In words, one for each board and one for what the manifest says to their backend.
  fileprivate func machinePlan(_ mode: LabMode) -> [String] {
    return boards.map { board in
      let disk = board.disk.map { ", \($0.path)" } ?? ""
      return "\(board.name) \(MemorySize(bytes: board.memory)), \(board.processors) cpu\(disk)"
    } + [settings[mode]?.summary].compactMap(\.self)
  }
}

extension [String] {
  var listed: String { joined(separator: ", ") }
}

/// The file that a manifest was read from.
public struct ManifestSource: Codable, Sendable, Equatable {
  /// Absolute.
  public var path: String
  public var sha256: String
  /// What the manifest called its lab; nil in states of older versions.
  public var name: String?

  /// - Throws: `file_unreadable`.
  public init(path: String) throws(LabError) {
    self.path = path
    sha256 = try Evidence.sha256(of: path)
  }

  /// Whether the file has changed since, or is gone.
  public var hasChanged: Bool {
    do { return try ManifestSource(path: path).sha256 != sha256 } catch { return true }
  }
}
