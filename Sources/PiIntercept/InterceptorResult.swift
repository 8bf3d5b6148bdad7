import PiExchange
import PiTransfer

/// What happens, as it happens. Sessions are numbered from 1.
public enum InterceptorEvent: Sendable, Equatable {
  case listening(SocketAddress)
  case connected(session: Int, SocketAddress?)
  /// The sender cannot be reached.
  case unconnected(session: Int, ExchangeError)
  case frame(session: Int, from: Role, type: String, bytes: UInt64)
  /// `passed` bytes of this direction have been passed on so far; `nanoseconds` as of `Monotonic`.
  case fault(
    Int, session: Int, from: Role, position: String, passed: UInt64, nanoseconds: UInt64)
  case held(fault: Int)
  case released(fault: Int)
}

/// What an interceptor has seen and done.
public struct InterceptorResult: Sendable {
  public struct SeenFrame: Sendable, Equatable {
    public var session: Int
    public var from: Role
    public var type: String
    public var bytes: UInt64
    public var nanoseconds: UInt64
    /// Whether it was passed on otherwise than it came, or not at all.
    public var isChanged = false
  }

  public struct SeenHello: Sendable, Equatable {
    public var session: Int
    public var from: Role
    public var name: BoardName
    public var role: Role
    public var profile: Profile
    public var authentication: Authentication
    public var cipher: Cipher
    public var groupIdentifier: [UInt8]
    public var nonce: [UInt8]
    public var publicValue: [UInt8]
  }

  public struct FaultReport: Sendable, Equatable {
    public var fault: Int
    public var spec: String
    public var from: Role
    public var position: String
    /// How often; the others are of the first time.
    public var fired = 0
    public var session: Int?
    public var passed: UInt64?
    public var nanoseconds: UInt64?
    /// What came of it where that is not as asked.
    public var detail: String?
  }

  public struct Leg: Sendable, Equatable {
    public var session: Int
    /// Who is at its other end.
    public var with: Role
    public var publicValue: [UInt8]
    public var peerPublicValue: [UInt8]?
    public var transcript: [UInt8]?
    public var isConfirmed = false
    public var error: ExchangeError?
  }

  public struct Obtained: Sendable, Equatable {
    public var bytes: UInt64
    public var sha256: [UInt8]
    public var file: String?
  }

  public struct Unparsed: Sendable, Equatable {
    public var session: Int
    public var from: Role
    /// The first byte of the stream that could not be read.
    public var at: UInt64
  }

  public struct Recorded: Sendable, Equatable {
    public var session: Int
    public var bytes: UInt64
    /// Nothing was left out for want of room.
    public var isComplete: Bool
    public var file: String
  }

  public struct Traffic: Sendable, Equatable {
    public var fromSender: UInt64 = 0
    public var toReceiver: UInt64 = 0
    public var fromReceiver: UInt64 = 0
    public var toSender: UInt64 = 0
  }

  public var name: BoardName
  public var attack: Attack?
  public var seed: UInt64
  public var sessions = 0
  public var frames: [SeenFrame] = []
  public var framesLeftOut = 0
  public var hellos: [SeenHello] = []
  public var faults: [FaultReport] = []
  public var traffic = Traffic()
  public var legs: [Leg] = []
  public var obtained: Obtained?
  /// Why an attack on the key got nothing.
  public var withheld: String?
  public var recorded: Recorded?
  public var unparsed: [Unparsed] = []

  init(_ options: InterceptorOptions, seed: UInt64) {
    name = options.name
    attack = options.attack
    self.seed = seed
    faults = options.faults.map {
      FaultReport(
        fault: $0.number, spec: $0.spec, from: $0.from, position: $0.position.description)
    }
  }
}
