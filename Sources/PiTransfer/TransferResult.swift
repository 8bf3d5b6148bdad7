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
  /// Our own, 32 bytes.
  public var nonce: [UInt8]
  /// Why this run protects less than its profile could.
  public var insecure: [String]
  public var times = StepTimes()
  public var marks = Marks()

  init(session: borrowing Session, exchanging: Exchanging) {
    let options = exchanging.options
    configuration = options.configuration
    peer = session.peer
    transcript = session.transcript
    publicValue = session.publicValue
    peerPublicValue = session.peerPublicValue
    nonce = session.nonce
    times = exchanging.times
    marks = exchanging.marks
    insecure = configuration.group.flaws.map { $0.rawValue }
    if options.privateExponent != nil { insecure.append("fixed-private-exponent") }
    if configuration.authentication == .none { insecure.append("no-authentication") }
  }

  mutating func finish(
    _ layout: ImageLayout, digests: (plaintext: [UInt8]?, ciphertext: [UInt8]?),
    times pipeline: StepTimes
  ) {
    plaintextBytes = layout.plaintextBytes
    ciphertextBytes = layout.ciphertextBytes
    self.digests[.plaintext] = digests.plaintext
    self.digests[.ciphertext] = digests.ciphertext
    marks.end = Monotonic.now
    times = times.adding(pipeline)
    times[.total] = marks.end - marks.start
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
