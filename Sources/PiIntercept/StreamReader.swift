import PiExchange

/// One direction of an exchange, taken apart: bytes in, elements out, no socket.
///
/// ```
/// PREAMBLE -> HELLO -> CONFIRM -> HEADER -> image -> TRAILER (classic) -> end      from the sender
/// PREAMBLE -> HELLO -> CONFIRM -> RECEIPT -> end                                   from the receiver
/// ```
/// ALERT may come in place of any frame. From the first byte that fits nowhere everything is `unparsed`. Keeps at most
/// one frame.
package struct StreamReader: Sendable {
  package enum Element: Sendable, Equatable {
    case preamble([UInt8])
    case frame(Frame)
    /// The bytes that were taken, `offset` being the first one's place in an image of `total` bytes on the wire.
    case image(offset: UInt64, total: UInt64)
    case unparsed([UInt8])
  }

  private enum State: Sendable, Equatable {
    case preamble
    case frame(FrameType)
    case image(ImageLayout, passed: UInt64)
    case end, unparsed
  }

  private let role: Role
  private var state = State.preamble
  private var pending: [UInt8] = []
  private var cipher: Cipher?

  /// Of what `role` sends.
  package init(from role: Role) { self.role = role }

  /// Takes at least one byte of `bytes`, which is not empty, and at most all; the element that they end, if any.
  package mutating func read(
    _ bytes: UnsafeRawBufferPointer
  ) -> (element: Element?, consumed: Int) {
    switch state {
    case .preamble: return readPreamble(bytes)
    case .frame(let type): return readFrame(type, bytes)
    case .image(let layout, let passed):
      let total = layout.ciphertextBytes
      let count = Int(min(UInt64(bytes.count), total - passed))
      let isWhole = passed + UInt64(count) == total
      let end = layout.cipher == .cobblestone128 ? State.end : .frame(.trailer)
      state = isWhole ? end : .image(layout, passed: passed + UInt64(count))
      return (.image(offset: passed, total: total), count)
    case .end, .unparsed:
      state = .unparsed
      return (.unparsed(Array(bytes)), bytes.count)
    }
  }

  /// The stream ends: the bytes of an element that never became whole.
  package mutating func finish() -> [UInt8] {
    defer { pending = [] }
    return pending
  }

  /// Bytes of the image on the wire, once HEADER has said so.
  package private(set) var imageBytes: UInt64 = 0

  private mutating func readPreamble(
    _ bytes: UnsafeRawBufferPointer
  ) -> (element: Element?, consumed: Int) {
    let consumed = gather(Wire.preambleSize, bytes)
    guard Wire.preamble.starts(with: pending) else { return (giveUp(), consumed) }
    guard pending.count == Wire.preambleSize else { return (nil, consumed) }
    state = .frame(.hello)
    return (.preamble(finish()), consumed)
  }

  private mutating func readFrame(
    _ expected: FrameType, _ bytes: UnsafeRawBufferPointer
  ) -> (element: Element?, consumed: Int) {
    var consumed = gather(Wire.frameHeaderSize, bytes)
    guard pending.count >= Wire.frameHeaderSize else { return (nil, consumed) }
    let length = UInt32(bigEndianBytes: pending[1..<5])
    guard let type = FrameType(rawValue: pending[0]), type == expected || type == .alert,
      let size = Int(exactly: length), type.payloadSizes.contains(size)
    else { return (giveUp(), consumed) }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
    consumed += gather(Wire.frameHeaderSize + size, rest)
    guard pending.count == Wire.frameHeaderSize + size else { return (nil, consumed) }
    let frame = Frame(type, Array(finish()[Wire.frameHeaderSize...]))
    state = next(after: frame)
    return (.frame(frame), consumed)
  }

  private mutating func next(after frame: Frame) -> State {
    switch frame.type {
    case .hello:
      do { cipher = try Hello(decoding: frame.payload).cipher } catch { cipher = nil }
      return .frame(.confirm)
    case .confirm: return .frame(role == .sender ? .header : .receipt)
    case .header:
      let bytes = UInt64(bigEndianBytes: frame.payload[..<8])
      guard let cipher, bytes <= Wire.maximumImageBytes else { return .unparsed }
      let layout = ImageLayout(cipher: cipher, plaintextBytes: bytes)
      imageBytes = layout.ciphertextBytes
      return .image(layout, passed: 0)
    case .trailer, .receipt, .alert: return .end
    }
  }

  private mutating func giveUp() -> Element {
    state = .unparsed
    return .unparsed(finish())
  }

  /// Fills `pending` up to `count` bytes; how many of `bytes` that takes.
  private mutating func gather(_ count: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    let taken = min(max(0, count - pending.count), bytes.count)
    pending += UnsafeRawBufferPointer(rebasing: bytes[..<taken])
    return taken
  }
}
