import CGMP

extension DHGroup {
  /// Values that a peer must refuse, or that need care.
  package enum NotableValue: Sendable {
    case prime, primeLessOne, primePlusOne
    /// The smallest number that is not a square modulo P.
    case nonResidue
  }

  /// In the length of P.
  package func notable(_ value: NotableValue) -> [UInt8] {
    let p = Natural(bigEndian: prime)
    switch value {
    case .prime: return prime
    case .primeLessOne: return p.subtracting(1).bytes(count: byteCount)
    case .primePlusOne:
      // P is odd and no power of two less one that ends at a byte: it fits.
      let next = Natural()
      __gmpz_add_ui(next.z, p.z, 1)
      return next.bytes(count: byteCount)
    case .nonResidue:
      var candidate: UInt = 2
      while Natural(candidate).legendre(over: p) != -1 { candidate += 1 }
      return Natural(candidate).bytes(count: byteCount)
    }
  }
}

/// Numbers as bytes, big-endian without leading zeros.
package enum BigEndian {
  /// More digits than any field of the protocol has.
  private static let mostDigits = 4096

  /// Decimal digits, or hexadecimal ones after `0x`; nil for anything else.
  package static func parse(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= mostDigits, let number = Natural.parse(text) else { return nil }
    return number.bytes
  }
}
