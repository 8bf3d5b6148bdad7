/// A fuzzer's bytes, taken from the front. Where they are used up there are zeros. Holds no copy: it lives as long as
/// the call that it was given to.
public struct Input {
  private var remaining: UnsafeRawBufferPointer.SubSequence

  public init(_ data: UnsafeRawBufferPointer) { remaining = data[...] }

  public var count: Int { remaining.count }

  public mutating func byte() -> UInt8 { remaining.popFirst() ?? 0 }

  public mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = Array(remaining.prefix(count))
    remaining = remaining.dropFirst(taken.count)
    return taken
  }

  public mutating func rest() -> [UInt8] { bytes(count) }

  /// Changes a byte, cuts, inserts or repeats, at a place of the input's choice; a zero kind changes nothing.
  public mutating func edit(_ stream: inout [UInt8]) {
    guard !stream.isEmpty else { return }
    let kind = byte() % 6
    guard kind != 0 else { return }
    let place = (Int(byte()) << 8 | Int(byte())) % stream.count
    switch kind {
    case 1: stream[place] ^= byte()
    case 2: stream.removeSubrange(place...)
    case 3: stream.insert(contentsOf: bytes(Int(byte()) % 32), at: place)
    case 4: stream.remove(at: place)
    default: stream += Array(stream[place...].prefix(64))
    }
  }
}
