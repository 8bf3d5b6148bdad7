import LabManifest
import LabValues

//  A command writes what it is about to do, does it, and writes what holds then:
//
//  impair, link, kill, reboot, restore ── begun ── (done on the board) ── boards, changes
//
//  Whoever reads "begun" and finds its process gone knows that the board may be either way.

/// How a board and its place on the lab's network are, as far as pilab has made them so.
public struct BoardCondition: Codable, Sendable, Equatable {
  /// Who wanted what is in force.
  public enum Origin: String, Codable, Sendable {
    case manifest, command
  }

  public var board: String
  /// Of what the board sends; nil where its link is good.
  public var impairment: LinkImpairment?
  /// Who wanted the impairment.
  public var origin: Origin?
  /// Its cable is pulled.
  public var isLinkDown = false
  /// Its plug is pulled.
  public var isOff = false
  /// Why it may be otherwise, in words.
  public var doubt: String?

  public init(_ board: String, manifest impairment: LinkImpairment? = nil) {
    self.board = board
    self.impairment = impairment.flatMap { $0.isEmpty ? nil : $0 }
    origin = self.impairment == nil ? nil : .manifest
  }

  /// Nothing that the board sends arrives anywhere.
  var losesAll: Bool { impairment?.loss?.partsPerMillion == 1_000_000 }
}

/// Something that was done to a lab while it was up.
public struct LabChange: Codable, Sendable, Equatable {
  /// As `pilab` calls what it does.
  public enum Kind: String, Codable, Sendable {
    case impair, clear, kill, reboot, snapshot, restore
    case linkDown = "link-down"
    case linkUp = "link-up"
    case deleteSnapshot = "delete-snapshot"
  }

  /// From 1 on, in the order in which they were begun.
  public var number = 0
  /// ISO 8601, UTC.
  public var at: String
  public var kind: Kind
  /// Nil for what is done to all of them.
  public var board: String?
  /// The impairment in the manifest's words, or the snapshot's name.
  public var detail: String?
  /// The pilab that does it.
  var process: Int32
}

/// What is in force in a lab, and what was done to it since it came up.
public struct LabConditions: Codable, Sendable, Equatable {
  /// Changes that are kept, the latest.
  static let mostChanges = 200

  public private(set) var boards: [BoardCondition]
  /// Done, the latest last.
  public private(set) var changes: [LabChange] = []
  /// How many were begun in all.
  public private(set) var count = 0
  /// Begun, and not known to have ended.
  private(set) var begun: [LabChange] = []
  /// How the boards were when a snapshot was made.
  private var snapshots: [String: [BoardCondition]] = [:]

  init(_ boards: [String], manifest impairment: LinkImpairment?) {
    self.boards = boards.map { BoardCondition($0, manifest: impairment) }
  }

  /// As it is now: doubts where a change was begun and has not ended.
  public func board(_ name: String) -> BoardCondition {
    var condition = boards.first { $0.board == name } ?? BoardCondition(name)
    if let open = begun.last(where: { $0.concerns(name) }) { condition.doubt = open.openWords }
    return condition
  }

  /// Of every board.
  public var all: [BoardCondition] { boards.map { board($0.board) } }

  /// How the boards were at a snapshot; nil where that is not known.
  func boards(at snapshot: String) -> [BoardCondition]? { snapshots[snapshot] }

  mutating func begin(_ change: LabChange) -> LabChange {
    var change = change
    count += 1
    change.number = count
    // One that was cut off is told of until the same is done again, or this many others.
    begun = begun.suffix(Self.mostChanges - 1) + [change]
    return change
  }

  /// - Parameter impairment: what is in force then; for an `impair` alone.
  mutating func finish(_ change: LabChange, _ impairment: LinkImpairment? = nil) {
    settle(change)
    changes = (changes + [change]).suffix(Self.mostChanges)
    switch change.kind {
    case .impair, .clear:
      modify(change.board) {
        $0.impairment = impairment.flatMap { $0.isEmpty ? nil : $0 }
        $0.origin = $0.impairment == nil ? nil : .command
      }
    case .linkDown, .linkUp: modify(change.board) { $0.isLinkDown = change.kind == .linkDown }
    case .kill, .reboot: modify(change.board) { $0.isOff = change.kind == .kill }
    case .snapshot: snapshots[change.detail ?? ""] = boards
    case .deleteSnapshot: snapshots[change.detail ?? ""] = nil
    case .restore:
      boards = boards(at: change.detail ?? "") ?? boards
      for index in boards.indices {
        boards[index].isOff = false
        boards[index].doubt = nil
      }
    }
  }

  /// - Parameter isUndone: all is as it was.
  mutating func fail(_ change: LabChange, isUndone: Bool) {
    begun.removeAll { $0.number == change.number }
    guard !isUndone else { return }
    for index in boards.indices where change.concerns(boards[index].board) {
      boards[index].doubt = "'\(change.command)' failed at \(change.at)"
    }
  }

  /// What is known now of whatever was in doubt before.
  private mutating func settle(_ change: LabChange) {
    begun.removeAll { $0.number <= change.number && change.settles($0) }
    guard change.kind != .snapshot, change.kind != .deleteSnapshot else { return }
    for index in boards.indices where change.concerns(boards[index].board) {
      boards[index].doubt = nil
    }
  }

  private mutating func modify(_ name: String?, _ body: (inout BoardCondition) -> Void) {
    guard let index = boards.firstIndex(where: { $0.board == name }) else { return }
    body(&boards[index])
  }
}

extension LabChange {
  /// As one writes it.
  public var command: String {
    let words: [String?] =
      switch kind {
      case .impair: ["impair", board, options]
      case .clear: ["impair", board, "--clear"]
      case .linkDown: ["link", board, "down"]
      case .linkUp: ["link", board, "up"]
      case .deleteSnapshot: ["snapshot", "--delete", detail]
      case .kill, .reboot: [kind.rawValue, board]
      case .snapshot, .restore: [kind.rawValue, detail]
      }
    return (["pilab"] + words.compactMap(\.self)).joined(separator: " ")
  }

  /// The manifest's `rate 10Mbit, delay 20ms` as options.
  private var options: String? {
    detail.map { $0.split(separator: ", ").map { "--\($0)" }.joined(separator: " ") }
  }

  func concerns(_ name: String) -> Bool { board == nil || board == name }

  /// What the same property of the same board has been changed to since.
  fileprivate func settles(_ earlier: LabChange) -> Bool {
    if number == earlier.number || kind == .restore { return true }
    guard board == earlier.board else { return false }
    switch (kind, earlier.kind) {
    case (.impair, .impair), (.impair, .clear), (.clear, .impair), (.clear, .clear),
      (.linkDown, .linkDown), (.linkDown, .linkUp), (.linkUp, .linkDown), (.linkUp, .linkUp),
      (.kill, .kill), (.kill, .reboot), (.reboot, _):
      return true
    default: return false
    }
  }

  fileprivate var openWords: String {
    "'\(command)' was begun at \(at) by process \(process), and has not ended"
  }
}
