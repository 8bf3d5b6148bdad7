import PiExchange

extension StreamPart {
  /// Those that both sides send, each its own.
  var isMutual: Bool { self == .preamble || self == .hello || self == .confirm }

  /// PREAMBLE, or a frame: read whole before anything is done to it.
  var isWhole: Bool { self != .image && self != .end }

  /// Bytes in front of what a frame carries: its type and its length.
  var headerBytes: Int { self == .preamble || !isWhole ? 0 : Wire.frameHeaderSize }

  init(_ type: FrameType) {
    switch type {
    case .hello: self = .hello
    case .confirm: self = .confirm
    case .header: self = .header
    case .trailer: self = .trailer
    case .receipt: self = .receipt
    case .alert: self = .alert
    }
  }
}

extension StreamField {
  /// Where it lies in the bytes of a part; nil where a HELLO's own lengths do not add up.
  func range(in bytes: [UInt8], of part: StreamPart) -> Range<Int>? {
    let start = part.headerBytes
    switch (self, part) {
    case (.magic, _): return 0..<Wire.magic.count
    case (.version, _): return Wire.magic.count..<Wire.preambleSize
    case (.type, _): return 0..<1
    case (.length, _): return 1..<5
    case (.role, _): return start..<(start + 1)
    case (.profile, _): return (start + 1)..<(start + 2)
    case (.authentication, _): return (start + 2)..<(start + 3)
    case (.cipher, _): return (start + 3)..<(start + 4)
    case (.group, _): return (start + 4)..<(start + 36)
    case (.nonce, _): return (start + 36)..<(start + 68)
    case (.name, _), (.publicValue, _): return variableRange(in: bytes, from: start)
    case (.imageLength, _), (.digest, _): return start..<(start + (width ?? 0))
    case (.mac, _): return (bytes.count - 32)..<bytes.count
    }
  }

  private func variableRange(in bytes: [UInt8], from start: Int) -> Range<Int>? {
    let name = start + Hello.nameOffset + 1
    guard bytes.count > name else { return nil }
    let nameEnd = name + Int(bytes[name - 1])
    guard bytes.count >= nameEnd + 2 else { return nil }
    if self == .name { return name..<nameEnd }
    let count = Int(UInt16(bigEndianBytes: bytes[nameEnd..<(nameEnd + 2)]))
    guard bytes.count == nameEnd + 2 + count, count > 0 else { return nil }
    return (nameEnd + 2)..<bytes.count
  }
}
