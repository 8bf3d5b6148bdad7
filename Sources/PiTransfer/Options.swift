import PiExchange

/// What a board program was asked to do, as far as both roles have it.
public struct CommonOptions: Sendable {
  public var configuration: ExchangeConfiguration
  /// Path of 32 bytes, mode 0600; needed where the configuration authenticates.
  public var preSharedKeyFile: String?
  /// For teaching and tests.
  public var privateExponent: FixedExponent?
  public var digests: Set<DigestKind> = []
  /// Receiver: how long to try. Sender: how long connections are accepted.
  public var connectTimeout: Duration
  /// From the connection to the verified CONFIRM.
  public var handshakeTimeout: Duration = .seconds(10)
  /// How long no byte may move.
  public var idleTimeout: Duration = .seconds(30)
  /// Stored files outlast a power failure; nil where they need not.
  public var durability: Durability?

  public init(configuration: ExchangeConfiguration, connectTimeout: Duration) {
    self.configuration = configuration
    self.connectTimeout = connectTimeout
  }
}

/// What is hashed while it passes by.
public enum DigestKind: String, Sendable, CaseIterable {
  case plaintext, ciphertext
}

/// What a sender is told to do.
public struct SenderOptions: Sendable {
  public var common: CommonOptions
  /// Port 0 takes a free one.
  public var listen: SocketAddress
  public var image: String
  public var storeEncrypted: String?
  public var bytesPerSecond: UInt64?
  /// Connections that may be refused before the sender gives up; nil for any number.
  public var attempts: Int?

  public init(common: CommonOptions, listen: SocketAddress, image: String) {
    self.common = common
    self.listen = listen
    self.image = image
  }
}

/// What a receiver is told to do.
public struct ReceiverOptions: Sendable {
  public var common: CommonOptions
  public var connect: SocketAddress
  public var storeEncrypted: String?
  public var storeDecrypted: String?
  /// Largest image that is accepted, in bytes.
  public var maximumBytes: UInt64 = Wire.maximumImageBytes

  public init(common: CommonOptions, connect: SocketAddress) {
    self.common = common
    self.connect = connect
  }
}

/// What happens, as it happens.
public enum TransferEvent: Sendable, Equatable {
  case listening(SocketAddress)
  case connected(SocketAddress)
  case confirmed
  /// The sender has done with a connection that did not confirm the key.
  case refused(SocketAddress?, ExchangeError)
  case progress(bytes: UInt64, total: UInt64)
}

public typealias EventHandler = @Sendable (TransferEvent) -> Void

/// Turns the bytes of each piece into at most five events a second, and one at the end.
struct ProgressMeter {
  private static let interval: UInt64 = 200_000_000
  private let total: UInt64
  private let report: EventHandler
  private var bytes: UInt64 = 0
  private var last: UInt64 = 0

  init(total: UInt64, report: @escaping EventHandler) {
    self.total = total
    self.report = report
  }

  mutating func advance(by count: Int) {
    bytes += UInt64(count)
    let now = Monotonic.now
    guard bytes == total || now - last >= Self.interval else { return }
    last = now
    report(.progress(bytes: bytes, total: total))
  }
}
