import PiExchange

/// A frame, or PREAMBLE, that is changed field by field.
struct FrameEdit: Sendable {
  let part: StreamPart
  private(set) var bytes: [UInt8]

  init(_ part: StreamPart, _ bytes: [UInt8]) {
    self.part = part
    self.bytes = bytes
  }

  func value(of field: StreamField) -> [UInt8]? {
    field.range(in: bytes, of: part).map { Array(bytes[$0]) }
  }

  /// The lowest bit of the field's last byte; false where the frame does not have the field.
  mutating func flip(_ field: StreamField) -> Bool {
    guard let range = field.range(in: bytes, of: part), let last = range.last else { return false }
    bytes[last] ^= 1
    return true
  }

  /// The lengths inside and outside of HELLO follow; false where the frame does not have the field.
  mutating func set(_ field: StreamField, to value: [UInt8]) -> Bool {
    guard let range = field.range(in: bytes, of: part) else { return false }
    let grown = value.count - range.count
    bytes.replaceSubrange(range, with: value)
    guard grown != 0 else { return true }
    if field == .name { bytes[range.lowerBound - 1] = UInt8(truncatingIfNeeded: value.count) }
    if field == .publicValue {
      let count = UInt16(truncatingIfNeeded: value.count).bigEndianBytes
      bytes.replaceSubrange((range.lowerBound - 2)..<range.lowerBound, with: count)
    }
    let length = UInt32(bytes.count - Wire.frameHeaderSize).bigEndianBytes
    bytes.replaceSubrange(1..<5, with: length)
    return true
  }
}
