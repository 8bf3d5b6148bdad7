/// Constants of the wire protocol (docs/protocol.md).
public enum Wire {
  public static let version: UInt8 = 1
  package static let magic: [UInt8] = Array("pilab\r\n".utf8)
  /// The first bytes of each direction.
  package static let preamble = magic + [version]
  public static let preambleSize = 8
  package static let frameHeaderSize = 5
  static let nonceSize = 32
  static let groupIdentifierSize = 32
  /// Largest image, 64 GiB: what a 32-bit counter of AES blocks covers.
  public static let maximumImageBytes: UInt64 = 1 << 36
}

/// What a frame is; its first byte.
public enum FrameType: UInt8, Sendable, CustomStringConvertible {
  case hello = 0x01
  case confirm = 0x02
  case header = 0x03
  case trailer = 0x04
  case receipt = 0x05
  case alert = 0x7F

  /// Embedded Swift has no names of cases of its own.
  public var description: String {
    switch self {
    case .hello: "hello"
    case .confirm: "confirm"
    case .header: "header"
    case .trailer: "trailer"
    case .receipt: "receipt"
    case .alert: "alert"
    }
  }

  /// Bounds of the payload, checked before a byte of it is read.
  package var payloadSizes: ClosedRange<Int> {
    switch self {
    case .hello: 73...1158
    case .confirm: 32...32
    case .header: 40...40
    case .trailer: 64...64
    case .receipt: 40...40
    case .alert: 1...1
    }
  }

  var step: Step {
    switch self {
    case .hello, .alert: .hello
    case .confirm: .confirm
    case .header: .header
    case .trailer: .trailer
    case .receipt: .receipt
    }
  }
}

/// `u8 type ‖ u32 length ‖ payload`.
public struct Frame: Sendable, Equatable {
  public let type: FrameType
  public let payload: [UInt8]

  public init(_ type: FrameType, _ payload: [UInt8]) {
    precondition(type.payloadSizes.contains(payload.count))
    self.type = type
    self.payload = payload
  }

  /// The last frame of a side that gives up.
  public static func alert(_ alert: Alert) -> Frame { Frame(.alert, [alert.rawValue]) }

  public var encoded: [UInt8] {
    [type.rawValue] + UInt32(payload.count).bigEndianBytes + payload
  }
}

/// Assembles one frame of the type that is due: says how many bytes it needs next, and takes exactly those.
public struct FrameReader: Sendable {
  private let expected: FrameType
  private var header: (type: FrameType, length: Int)?

  public init(expecting expected: FrameType) { self.expected = expected }

  /// Bytes of the next call of `receive`.
  public var bytesNeeded: Int { header?.length ?? Wire.frameHeaderSize }

  /// nil as long as more is needed. ALERT is taken at any time and thrown as what it means.
  public mutating func receive(_ bytes: [UInt8]) throws(ExchangeError) -> Frame? {
    precondition(bytes.count == bytesNeeded)
    guard let (type, _) = header else {
      header = try parseHeader(bytes)
      return nil
    }
    guard type != .alert else { throw alertError(bytes[0]) }
    return Frame(type, bytes)
  }

  private func parseHeader(_ bytes: [UInt8]) throws(ExchangeError) -> (FrameType, Int) {
    guard let type = FrameType(rawValue: bytes[0]), type == expected || type == .alert else {
      throw ExchangeError(
        .badFrame, at: expected.step,
        "expected a frame of type \(expected), received type \(bytes[0])")
    }
    let length = UInt32(bigEndianBytes: bytes[1...])
    guard let size = Int(exactly: length), type.payloadSizes.contains(size) else {
      throw ExchangeError(
        .badFrame, at: expected.step, "a frame of type \(type) cannot have \(length) bytes")
    }
    return (type, size)
  }

  private func alertError(_ byte: UInt8) -> ExchangeError {
    let meaning = Alert(rawValue: byte)?.meaning ?? "unknown reason \(byte)"
    return ExchangeError(.peerAlert, at: expected.step, "the peer gave up: \(meaning)")
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  package var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// `bytes` has exactly the width of the integer.
  package init(bigEndianBytes bytes: some Collection<UInt8>) {
    precondition(bytes.count == Self.bitWidth / 8)
    self = bytes.reduce(0) { $0 << 8 | Self($1) }
  }
}
