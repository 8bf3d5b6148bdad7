import PiCrypto
import PiExchange
import PiTransfer

/// What an interceptor is told to do.
public struct InterceptorOptions: Sendable {
  public var name: BoardName
  /// Port 0 takes a free one.
  public var listen: SocketAddress
  /// The sender.
  public var connect: SocketAddress
  /// What the two boards are configured with; `authentication` says what they ask for, the key is not there.
  public var profile: Profile
  public var authentication: Authentication
  public var cipher: Cipher
  public var group: DHGroup
  package var faults: [Fault] = []
  public var attack: Attack?
  /// Names of the two boards; nil for what they call themselves.
  public var senderName: BoardName?
  public var receiverName: BoardName?
  /// Where an obtained image appears.
  public var storeImage: String?
  public var record: String?
  /// Bytes of both directions.
  public var recordLimit: UInt64 = 64 << 20
  /// Where the files appear that let paused streams go on.
  public var release: String?
  /// For the connection to the sender.
  public var connectTimeout: Duration = .seconds(10)
  /// Longest pause.
  public var holdTimeout: Duration = .seconds(600)
  /// Of all random bytes that are put into streams; nil for a random one.
  public var seed: UInt64?

  public init(
    name: BoardName, listen: SocketAddress, connect: SocketAddress, profile: Profile,
    authentication: Authentication, cipher: Cipher, group: DHGroup
  ) {
    self.name = name
    self.listen = listen
    self.connect = connect
    self.profile = profile
    self.authentication = authentication
    self.cipher = cipher
    self.group = group
  }

  public mutating func add(fault spec: String) throws(ExchangeError) {
    guard faults.count < Self.mostFaults else {
      throw Self.usage("there can be at most \(Self.mostFaults) faults")
    }
    faults.append(try FaultParser(group: group).parse(spec, number: faults.count))
  }

  static let mostFaults = 100

  /// What can be known to go wrong before anybody connects.
  func check() throws(ExchangeError) {
    if faults.contains(where: { $0.action == .pause }), release == nil {
      throw Self.usage("a fault that pauses needs --release")
    }
    guard attack?.relays ?? true || faults.isEmpty else {
      throw Self.usage("--attack \(attack?.word ?? "") takes no --fault: nothing is relayed")
    }
    guard record == nil || attack != .manInTheMiddle else {
      throw Self.usage("--attack man-in-the-middle takes no --record: it would replay nothing")
    }
    try AtomicFile.requireDistinct(
      outputs: [storeImage, record], inputs: recordings.map { .some($0) })
    for path in recordings { _ = try RecordingReader(path: path) }
  }

  /// Where what the sides say is kept, under that name or as a file without a name.
  var recordingPath: String? {
    record ?? (attack == .discreteLog ? storeImage ?? "recording" : nil)
  }

  private var recordings: [String] {
    var paths = faults.compactMap { fault in
      if case .replay(let path) = fault.action { path } else { nil }
    }
    if case .replay(let path) = attack { paths.append(path) }
    return paths
  }

  static func usage(_ message: String) -> ExchangeError {
    ExchangeError(.usage, at: .arguments, message, hint: "--help lists the options")
  }
}

/// A whole attack, in place of relaying or beside it.
public enum Attack: Sendable, Equatable {
  case manInTheMiddle
  case reflection
  /// Of a recording.
  case replay(String)
  /// Connections of random bytes first.
  case junk(Int)
  /// Connections that say nothing and stay.
  case halfOpen(Int)
  /// A connection beside the real one that says a byte each.
  case drip(Duration)
  case discreteLog

  public static let words = [
    "man-in-the-middle", "reflection", "replay:FILE", "junk[:N]", "half-open[:N]", "drip[:DUR]",
    "discrete-log",
  ]
  static let mostConnections = 1000

  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count == 2 ? String(parts[1]) : nil
    switch (parts[0], value) {
    case ("man-in-the-middle", nil): self = .manInTheMiddle
    case ("reflection", nil): self = .reflection
    case ("discrete-log", nil): self = .discreteLog
    case ("replay", let path?) where !path.isEmpty: self = .replay(path)
    case ("junk", let count):
      guard let count = Self.count(count) else { return nil }
      self = .junk(count)
    case ("half-open", let count):
      guard let count = Self.count(count) else { return nil }
      self = .halfOpen(count)
    case ("drip", let text):
      guard let duration = Units.duration(text ?? "100ms") else { return nil }
      self = .drip(duration)
    default: return nil
    }
  }

  private static func count(_ text: String?) -> Int? {
    guard let number = Int(text ?? "8"), (1...mostConnections).contains(number) else { return nil }
    return number
  }

  public var word: String {
    switch self {
    case .manInTheMiddle: "man-in-the-middle"
    case .reflection: "reflection"
    case .replay: "replay"
    case .junk: "junk"
    case .halfOpen: "half-open"
    case .drip: "drip"
    case .discreteLog: "discrete-log"
    }
  }

  /// Whether what the sides say is passed on, so that faults have a place.
  var relays: Bool {
    switch self {
    case .manInTheMiddle, .reflection, .replay: false
    case .junk, .halfOpen, .drip, .discreteLog: true
    }
  }
}
