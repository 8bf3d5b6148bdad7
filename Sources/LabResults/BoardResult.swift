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
