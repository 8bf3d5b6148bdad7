/// Bytes of a packet; every access is checked against their end, because every length inside a
/// packet comes from somebody else.
struct PacketBytes {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }
  var raw: UnsafeRawBufferPointer { bytes }

  func u8(_ offset: Int) -> UInt8? {
    offset >= 0 && offset < count ? bytes[offset] : nil
  }

  func u16(_ offset: Int) -> UInt16? { load(offset) }

  func u32(_ offset: Int) -> UInt32? { load(offset) }

  /// An IPv6 address as a number.
  func u128(_ offset: Int) -> UInt128? { load(offset) }

  /// What follows the first `count` bytes; nil where there are fewer.
  func dropping(_ count: Int) -> PacketBytes? {
    guard count >= 0, count <= self.count else { return nil }
    return PacketBytes(UnsafeRawBufferPointer(rebasing: bytes[count...]))
  }

  /// At most `count` bytes from the beginning.
  func prefix(_ count: Int) -> PacketBytes {
    PacketBytes(UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, count))))
  }

  private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Number? {
    guard offset >= 0, count - offset >= MemoryLayout<Number>.size else { return nil }
    return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}
