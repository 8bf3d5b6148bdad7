/// SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014): the same seed gives the same
/// numbers on every machine and with every version of Swift. For experiments, never for keys.
public struct SeededRandom: Sendable {
  private var state: UInt64

  /// - Parameter stream: tells apart what is drawn for one purpose from another's.
  public init(seed: UInt64, stream: UInt64...) {
    state = seed
    for number in stream { state = next() ^ number }
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
