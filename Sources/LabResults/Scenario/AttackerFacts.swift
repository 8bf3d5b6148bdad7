/// What pi-interceptor tells of itself; see docs/board-programs.md.
public struct AttackerFacts: Codable, Sendable, Equatable {
  /// A frame that it read.
  public struct Frame: Codable, Sendable, Equatable {
    public var session: Int
    public var from: String
    public var type: String
    public var bytes: UInt64
    public var nanoseconds: UInt64
    public var changed: Bool

    public init(
      session: Int, from: String, type: String, bytes: UInt64, nanoseconds: UInt64, changed: Bool
    ) {
      self.session = session
      self.from = from
      self.type = type
      self.bytes = bytes
      self.nanoseconds = nanoseconds
      self.changed = changed
    }
  }

  /// What a side said of itself.
  public struct Hello: Codable, Sendable, Equatable {
    public var session: Int
    public var from: String
    public var name: String
    public var profile: String
    public var nonce: String
    public var publicValue: String

    public init(
      session: Int, from: String, name: String, profile: String, nonce: String,
      publicValue: String
    ) {
      self.session = session
      self.from = from
      self.name = name
      self.profile = profile
      self.nonce = nonce
      self.publicValue = publicValue
    }
  }

  /// A fault that it was told to make.
  public struct Fault: Codable, Sendable, Equatable {
    public var fault: Int
    public var spec: String
    /// How often.
    public var fired: Int
    public var from: String?
    public var position: String?
    /// Bytes of that direction that were passed on before.
    public var passed: UInt64?
    public var detail: String?
    /// As reports say it; pilab's.
    public var words: String?

    public init(
      fault: Int, spec: String, fired: Int, from: String? = nil, position: String? = nil,
      passed: UInt64? = nil, detail: String? = nil
    ) {
      self.fault = fault
      self.spec = spec
      self.fired = fired
      self.from = from
      self.position = position
      self.passed = passed
      self.detail = detail
    }
  }

  /// A key that it agreed on with a side.
  public struct Leg: Codable, Sendable, Equatable {
    public var with: String
    public var publicValue: String?
    public var peerPublicValue: String?
    public var transcript: String?
    public var confirmed: Bool

    public init(
      with: String, publicValue: String?, peerPublicValue: String?, transcript: String?,
      confirmed: Bool
    ) {
      self.with = with
      self.publicValue = publicValue
      self.peerPublicValue = peerPublicValue
      self.transcript = transcript
      self.confirmed = confirmed
    }
  }

  /// An image that it has got.
  public struct Obtained: Codable, Sendable, Equatable {
    public var bytes: UInt64
    public var sha256: String
    /// On its board.
    public var file: String?

    public init(bytes: UInt64, sha256: String, file: String? = nil) {
      self.bytes = bytes
      self.sha256 = sha256
      self.file = file
    }
  }

  public var board: String
  public var attack: String?
  public var sessions: Int
  public var frames: [Frame]
  public var hellos: [Hello]
  public var faults: [Fault]
  public var bytes: [String: UInt64]
  public var legs: [Leg]?
  public var obtained: Obtained?
  /// Whether what it has got is the image that was sent; nil where it has got nothing.
  public var hasOriginal: Bool?
  /// Below the run's folder, where the picture came home.
  public var picture: String?

  public init(
    board: String, attack: String? = nil, sessions: Int, frames: [Frame] = [],
    hellos: [Hello] = [], faults: [Fault] = [], bytes: [String: UInt64] = [:]
  ) {
    self.board = board
    self.attack = attack
    self.sessions = sessions
    self.frames = frames
    self.hellos = hellos
    self.faults = faults
    self.bytes = bytes
  }
}
