/// The JSON result of a board program; see docs/board-programs.md.
public struct BoardResult: Codable, Sendable, Equatable {
  public var program: String
  public var version: String
  public var role: String
  public var board: String
  public var peer: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var plaintextBytes: UInt64
  public var ciphertextBytes: UInt64
  public var sha256: [String: String]
  public var keyConfirmed: Bool
  public var transcript: String
  public var publicValue: String
  public var peerPublicValue: String
  /// Its own; nil in results of earlier versions.
  public var nonce: String?
  public var insecure: [String]
  public var nanoseconds: [String: UInt64]
  public var marks: [String: UInt64]
  public var peakResidentBytes: UInt64

  public init(
    program: String, version: String, role: String, board: String, peer: String,
    profile: String, group: String, groupBits: Int, cipher: String, authentication: String,
    plaintextBytes: UInt64, ciphertextBytes: UInt64, sha256: [String: String],
    keyConfirmed: Bool, transcript: String, publicValue: String, peerPublicValue: String,
    insecure: [String], nanoseconds: [String: UInt64], marks: [String: UInt64],
    peakResidentBytes: UInt64
  ) {
    self.program = program
    self.version = version
    self.role = role
    self.board = board
    self.peer = peer
    self.profile = profile
    self.group = group
    self.groupBits = groupBits
    self.cipher = cipher
    self.authentication = authentication
    self.plaintextBytes = plaintextBytes
    self.ciphertextBytes = ciphertextBytes
    self.sha256 = sha256
    self.keyConfirmed = keyConfirmed
    self.transcript = transcript
    self.publicValue = publicValue
    self.peerPublicValue = peerPublicValue
    self.insecure = insecure
    self.nanoseconds = nanoseconds
    self.marks = marks
    self.peakResidentBytes = peakResidentBytes
  }
}

extension BoardResult {
  /// A program of somebody else's need not measure anything: its times, marks and memory may be missing.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) throws -> String { try values.decode(String.self, forKey: key) }
    func numbers(_ key: CodingKeys) throws -> [String: UInt64] {
      try values.decodeIfPresent([String: UInt64].self, forKey: key) ?? [:]
    }
    self.init(
      program: try text(.program), version: try text(.version), role: try text(.role),
      board: try text(.board), peer: try text(.peer), profile: try text(.profile),
      group: try text(.group), groupBits: try values.decode(Int.self, forKey: .groupBits),
      cipher: try text(.cipher), authentication: try text(.authentication),
      plaintextBytes: try values.decode(UInt64.self, forKey: .plaintextBytes),
      ciphertextBytes: try values.decode(UInt64.self, forKey: .ciphertextBytes),
      sha256: try values.decode([String: String].self, forKey: .sha256),
      keyConfirmed: try values.decode(Bool.self, forKey: .keyConfirmed),
      transcript: try text(.transcript), publicValue: try text(.publicValue),
      peerPublicValue: try text(.peerPublicValue),
      insecure: try values.decode([String].self, forKey: .insecure),
      nanoseconds: try numbers(.nanoseconds), marks: try numbers(.marks),
      peakResidentBytes: try values.decodeIfPresent(UInt64.self, forKey: .peakResidentBytes) ?? 0)
    nonce = try values.decodeIfPresent(String.self, forKey: .nonce)
  }
}
