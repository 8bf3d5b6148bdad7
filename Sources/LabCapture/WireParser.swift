import PiExchange

/// Reads one direction of an exchange, frame by frame, in constant memory.
///
/// ```
/// preamble -> HELLO -> CONFIRM -> HEADER -> image -> [TRAILER] -> end      (sender)
///                              -> RECEIPT -> end                           (receiver)
/// ```
struct WireParser {
  private enum State {
    case preamble
    case frameHeader(WireFrame)
    case payload(WireFrame, length: Int)
    case image(remaining: UInt64)
    case end
    /// Not, or no longer, to be understood.
    case lost
  }

  /// What was done with some bytes: the first `count`, and whether they are the image's.
  struct Taken {
    var count: Int
    var isImage = false
  }

  static let preamble = Array("pilab\r\n".utf8) + [1]
  private static let largestImage: UInt64 = 1 << 36

  private(set) var record = WireRecord()
  private var state = State.preamble
  private var collected: [UInt8] = []

  /// Whether the next bytes are the image's.
  var isInImage: Bool { if case .image = state { true } else { false } }

  /// Takes bytes from the front; the caller comes again with the rest.
  mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Taken {
    switch state {
    case .preamble: return collect(8, of: bytes) { $0.checkPreamble() }
    case .frameHeader(let frame):
      return collect(5, of: bytes) { $0.openFrame(expecting: frame) }
    case .payload(let frame, let length):
      return collect(length, of: bytes) { $0.close(frame) }
    case .image(let remaining):
      if record.imageOffset == nil { record.imageOffset = offset }
      return takeImage(bytes, remaining: remaining)
    case .end: return trailing(bytes)
    case .lost: return Taken(count: bytes.count)
    }
  }

  /// Bytes are missing. Only within the image is it known where the next frame begins.
  mutating func gap(at offset: UInt64, count: UInt64) {
    switch state {
    case .lost: return
    case .image(let remaining) where count <= remaining:
      if record.imageOffset == nil { record.imageOffset = offset }
      advanceImage(remaining - count)
    default:
      record.lostAt = offset
      state = .lost
    }
  }

  private mutating func trailing(_ bytes: UnsafeRawBufferPointer) -> Taken {
    record.trailingBytes += UInt64(bytes.count)
    return Taken(count: bytes.count)
  }

  /// Gathers exactly `size` bytes, then acts on them.
  private mutating func collect(
    _ size: Int, of bytes: UnsafeRawBufferPointer, then act: (inout WireParser) -> Void
  ) -> Taken {
    let count = min(size - collected.count, bytes.count)
    collected += bytes.prefix(count)
    if collected.count == size { act(&self) }
    return Taken(count: count)
  }

  private mutating func checkPreamble() {
    guard collected == Self.preamble else { return fail("it does not begin with pilab's preamble") }
    record.opening = collected
    expect(.hello)
  }

  private mutating func expect(_ frame: WireFrame) {
    collected = []
    state = .frameHeader(frame)
  }

  private mutating func openFrame(expecting expected: WireFrame) {
    let length = collected[1...].reduce(0) { $0 << 8 | Int($1) }
    guard let frame = WireFrame(rawValue: collected[0]), frame == expected || frame == .alert else {
      return fail("a frame of type \(collected[0]) stands where \(expected.name) is due")
    }
    guard frame.lengths.contains(length) else {
      return fail("\(frame.name) states a length of \(length) bytes")
    }
    if frame == .hello { record.opening += collected }
    collected = []
    state = .payload(frame, length: length)
  }

  private mutating func close(_ frame: WireFrame) {
    let payload = collected
    switch frame {
    case .hello: closeHello(payload)
    case .confirm:
      record.sawConfirm = true
      expect(record.hello?.role == .sender ? .header : .receipt)
    case .header: openImage(Self.number(payload))
    case .trailer:
      record.digest = Array(payload[..<32])
      finish()
    case .receipt:
      record.receipt = Self.number(payload)
      finish()
    case .alert:
      record.alert = payload[0]
      collected = []
      state = .end
    }
  }

  private mutating func closeHello(_ payload: [UInt8]) {
    guard let hello = WireHello(payload: payload) else { return fail("HELLO is malformed") }
    record.opening += payload
    record.hello = hello
    expect(.confirm)
  }

  private mutating func openImage(_ bytes: UInt64) {
    guard bytes <= Self.largestImage, let cipher = record.hello?.cipher else {
      return fail("HEADER announces \(bytes) bytes, more than the protocol allows")
    }
    let length = ImageLayout(cipher: cipher, plaintextBytes: bytes).ciphertextBytes
    record.imageBytes = bytes
    record.ciphertextBytes = length
    collected = []
    advanceImage(length)
  }

  private mutating func takeImage(_ bytes: UnsafeRawBufferPointer, remaining: UInt64) -> Taken {
    let count = Int(min(UInt64(bytes.count), remaining))
    advanceImage(remaining - UInt64(count))
    return Taken(count: count, isImage: true)
  }

  private mutating func advanceImage(_ remaining: UInt64) {
    state = .image(remaining: remaining)
    guard remaining == 0 else { return }
    if record.hello?.profile == .classic { expect(.trailer) } else { finish() }
  }

  private mutating func finish() {
    record.isComplete = true
    collected = []
    state = .end
  }

  private mutating func fail(_ reason: String) {
    record.fault = reason
    collected = []
    state = .lost
  }

  private static func number(_ payload: [UInt8]) -> UInt64 {
    payload[..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
