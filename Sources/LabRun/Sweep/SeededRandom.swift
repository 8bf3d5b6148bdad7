import PiCrypto

extension SeededRandom {
  /// From 0 to `count` - 1.
  mutating func below(_ count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// Fisher and Yates's shuffle. The standard library's may change with its version, and with it the order that
  /// a seed stands for.
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }
}
