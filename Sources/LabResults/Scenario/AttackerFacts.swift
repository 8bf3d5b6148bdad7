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
  }

  /// What a side said of itself.
  public struct Hello: Codable, Sendable, Equatable {
    public var session: Int
    public var from: String
    public var name: String
    public var profile: String
    public var nonce: String
    public var publicValue: String
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
  }

  /// A key that it agreed on with a side.
  public struct Leg: Codable, Sendable, Equatable {
    public var with: String
    public var publicValue: String?
    public var peerPublicValue: String?
    public var transcript: String?
    public var confirmed: Bool
  }

  /// An image that it has got.
  public struct Obtained: Codable, Sendable, Equatable {
    public var bytes: UInt64
    public var sha256: String
    /// On its board.
    public var file: String?
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
}
