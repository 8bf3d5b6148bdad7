import PiCrypto
import PiExchange

/// What a successful exchange found out; the board programs print it.
public struct TransferResult: Sendable {
  public var configuration: ExchangeConfiguration
  public var peer: BoardName
  public var plaintextBytes: UInt64 = 0
  public var ciphertextBytes: UInt64 = 0
  /// SHA-256 of what was hashed.
  public var digests: [DigestKind: [UInt8]] = [:]
  public var transcript: [UInt8]
  public var publicValue: [UInt8]
  public var peerPublicValue: [UInt8]
  /// Why this run protects less than its profile could.
  public var insecure: [String]
  public var times = StepTimes()
  public var marks = Marks()

  init(
    session: borrowing Session, configuration: ExchangeConfiguration, hasFixedExponent: Bool
  ) {
    self.configuration = configuration
    peer = session.peer
    transcript = session.transcript
    publicValue = session.publicValue
    peerPublicValue = session.peerPublicValue
    insecure = []
    if configuration.group.isTextbook { insecure.append("textbook-group") }
    if hasFixedExponent { insecure.append("fixed-private-exponent") }
    if configuration.authentication == .none { insecure.append("no-authentication") }
  }
}

/// When things happened: CLOCK_MONOTONIC nanoseconds of the board.
public struct Marks: Sendable, Equatable {
  public var start: UInt64 = 0
  public var connected: UInt64 = 0
  public var hello: UInt64 = 0
  public var confirmed: UInt64 = 0
  public var firstByte: UInt64 = 0
  public var lastByte: UInt64 = 0
  public var end: UInt64 = 0

  public init() {}
}
