import CGMP

extension BigEndian {
  /// The number in decimal digits.
  package static func decimal(_ bytes: [UInt8]) -> String {
    let number = Natural(bigEndian: bytes)
    // A sign and a zero are counted in.
    let room = __gmpz_sizeinbase(number.z, 10) + 2
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) { buffer in
      guard let base = buffer.baseAddress else { return "0" }
      __gmpz_get_str(base, 10, number.z)
      return String(cString: base)
    }
  }
}
