/// Random bytes that a seed makes again: SplitMix64 (Steele, Lea and Flood, 2014). For noise, not for keys.
struct SeededRandom: Sendable {
  private var state: UInt64

  /// `stream` tells apart what is drawn for one purpose from another's.
  init(seed: UInt64, stream: UInt64...) {
    state = seed
    for number in stream { state = next() ^ number }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let word = next().bigEndianBytes
      bytes += word.prefix(count - bytes.count)
    }
    return bytes
  }

  /// A board's name of so many letters.
  mutating func letters(_ count: Int) -> [UInt8] {
    bytes(count).map { UInt8(ascii: "a") + $0 % 26 }
  }
}
