/// A fuzzer's bytes, taken from the front. Where they are used up there are zeros.
struct Input {
  private var remaining: ArraySlice<UInt8>

  init(_ data: UnsafeRawBufferPointer) { remaining = Array(data)[...] }
  init(copying data: UnsafeRawBufferPointer) { self.init(data) }

  var count: Int { remaining.count }

  mutating func byte() -> UInt8 { remaining.popFirst() ?? 0 }

  mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = Array(remaining.prefix(count))
    remaining = remaining.dropFirst(taken.count)
    return taken
  }

  mutating func rest() -> [UInt8] { bytes(count) }

  /// Changes a byte, cuts, inserts or repeats, at a place of the input's choice; a zero kind changes nothing.
  mutating func edit(_ stream: inout [UInt8]) {
    guard !stream.isEmpty else { return }
    let kind = byte() % 6
    let place = (Int(byte()) << 8 | Int(byte())) % stream.count
    switch kind {
    case 1: stream[place] ^= byte()
    case 2: stream.removeSubrange(place...)
    case 3: stream.insert(contentsOf: bytes(Int(byte()) % 32), at: place)
    case 4: stream.remove(at: place)
    case 5: stream += stream[place...].prefix(64)
    default: break
    }
  }
}
