import LabValues

/// All that a backend needs to find a lab and everything that belongs to it; known before anything is made.
public struct LabRecord: Codable, Sendable, Equatable {
  /// A board as it was made.
  public struct Board: Codable, Sendable, Equatable {
    public var name: String
    /// The address that programs on this board listen on.
    public var address: String

    public init(name: String, address: String) {
      self.name = name
      self.address = address
    }
  }

  public var mode: LabMode
  public var lab: String
  /// 16 random hexadecimal digits that no other lab has. Programs of the lab carry them in their environment.
  public var id: String
  /// Folder on this machine that holds what belongs to the lab.
  public var folder: String
  /// In the order of the plan.
  public var boards: [Board]
  /// What the backend alone understands.
  public var details: CarriedValue

  public init(
    mode: LabMode, lab: String, id: String = LabRecord.newID(), folder: String, boards: [Board],
    details: CarriedValue = CarriedValue([String: String]())
  ) {
    self.mode = mode
    self.lab = lab
    self.id = id
    self.folder = folder
    self.boards = boards
    self.details = details
  }

  /// - Throws: `.noSuchBoard`.
  public func board(_ name: String) throws(LabError) -> Board {
    if let board = boards.first(where: { $0.name == name }) { return board }
    let names = boards.map(\.name).joined(separator: ", ")
    throw LabError(
      .noSuchBoard, "the lab has no board '\(name)'", step: "find", hint: "its boards: \(names)")
  }

  /// - Parameters:
  ///   - parts: of boards, that may be missing: `these virtual machines`.
  ///   - isThere: whether that of the board with the name is.
  /// - Throws: `.broken`, naming the boards that lack it.
  package func check(_ parts: String, isThere: (String) -> Bool) throws(LabError) {
    let missing = boards.map(\.name).filter { !isThere($0) }
    guard !missing.isEmpty else { return }
    throw LabError(
      .broken, "of lab '\(lab)' \(parts) are missing: \(missing.joined(separator: ", "))",
      step: "attach", hint: "take the lab down and bring it up again")
  }

  /// A name that no other lab has: 64 random bits.
  public static func newID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// What there is of a board.
public struct BoardStatus: Codable, Sendable, Equatable {
  /// How a board is.
  public enum State: Codable, Sendable, Equatable {
    case running
    /// Nothing of it is there.
    case absent
    /// Only a part of it is there, or not in working order; in words.
    case broken(String)
  }

  public var name: String
  public var address: String
  public var state: State
  /// Identifiers, as this machine sees them, of the programs that run on the board.
  public var processes: [Int32]

  public init(name: String, address: String, state: State, processes: [Int32] = []) {
    self.name = name
    self.address = address
    self.state = state
    self.processes = processes
  }
}
