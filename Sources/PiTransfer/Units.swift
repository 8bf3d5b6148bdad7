/// Numbers with units, as the manifest writes them.
package enum Units {
  /// `250ms`, `10s`, `2m`, `1h`; more than nothing.
  package static func duration(_ text: String) -> Duration? {
    let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    guard let milliseconds = scaled(text, units), milliseconds > 0 else { return nil }
    return .milliseconds(milliseconds)
  }

  /// `65536`, `64KiB`, `1MiB`, `1GiB`, `10kB`, `1MB`, `1GB`.
  package static func bytes(_ text: String) -> UInt64? {
    let units: [(String, Int64)] = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
      ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
    ]
    return scaled(text, units).map { UInt64($0) }
  }

  /// `100kbit`, `10mbit`, `1gbit`, in any case, `/s` or not; in bytes a second, at least one.
  package static func rate(_ text: String) -> UInt64? {
    let units: [(String, Int64)] = [
      ("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1),
    ]
    let lower = text.lowercased()
    let plain = lower.hasSuffix("/s") ? String(lower.dropLast(2)) : lower
    guard let bits = scaled(plain, units), bits >= 8 else { return nil }
    return UInt64(bits / 8)
  }

  private static func scaled(_ text: String, _ units: [(String, Int64)]) -> Int64? {
    for (suffix, factor) in units where text.hasSuffix(suffix) {
      let digits = text.dropLast(suffix.count)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = Int64(digits)
      else { continue }
      let (result, overflow) = number.multipliedReportingOverflow(by: factor)
      return overflow ? nil : result
    }
    return nil
  }
}
