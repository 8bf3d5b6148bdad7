import PiCrypto
import PiExchange

// What faults and nuisances are made of.
extension SeededRandom {
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
