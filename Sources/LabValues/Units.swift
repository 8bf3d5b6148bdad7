/// A number of bytes: `512`, `10kB` (10,000), `64KiB` (65,536), `1MiB`, `1GiB`.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var bytes: UInt64

  public init(bytes: UInt64) {
    self.bytes = bytes
  }

  public init(_ text: String) throws(QuantityError) {
    bytes = try Self.quantity.parse(text)
  }

  /// In the largest unit that needs no fraction; parses to the same value.
  public var description: String { Self.quantity.format(bytes) }

  /// The smaller first.
  public static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }

  package static let quantity = Quantity(
    what: "size", examples: ["512", "10kB", "64KiB", "1MiB", "1GiB"],
    units: [
      .init(name: "GiB", factor: 1 << 30), .init(name: "GB", factor: 1_000_000_000),
      .init(name: "MiB", factor: 1 << 20), .init(name: "MB", factor: 1_000_000),
      .init(name: "KiB", factor: 1 << 10), .init(name: "kB", factor: 1000),
      .init(name: "B", factor: 1),
    ],
    ignoresCase: false, bareUnit: "B",
    typos: [
      "k": "KiB", "m": "MiB", "g": "GiB", "ki": "KiB", "mi": "MiB", "gi": "GiB", "bytes": "B",
      "byte": "B",
    ],
    range: 0...UInt64.max)
}

/// How much memory a board has: `128MiB`, `1GiB`.
public struct MemorySize: Sendable, Hashable, CustomStringConvertible {
  public var bytes: UInt64

  public init(bytes: UInt64) {
    self.bytes = bytes
  }

  public init(_ text: String) throws(QuantityError) {
    bytes = try Self.quantity.parse(text)
  }

  /// In the largest unit that needs no fraction; parses to the same value.
  public var description: String { Self.quantity.format(bytes) }

  /// The board image needs 96 MiB.
  package static let quantity = Quantity(
    what: "memory size", examples: ["128MiB", "1GiB"],
    units: [.init(name: "GiB", factor: 1 << 30), .init(name: "MiB", factor: 1 << 20)],
    ignoresCase: false, bareUnit: nil,
    typos: [
      "m": "MiB", "mb": "MiB", "mi": "MiB", "g": "GiB", "gb": "GiB", "gi": "GiB",
    ],
    range: 96 << 20...1 << 40)
}

/// Bits per second: `512kbit`, `100Mbit`, `1Gbit/s`; powers of 1000, upper or lower case.
public struct BitRate: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public var bitsPerSecond: UInt64

  public init(bitsPerSecond: UInt64) {
    self.bitsPerSecond = bitsPerSecond
  }

  public init(_ text: String) throws(QuantityError) {
    bitsPerSecond = try Self.quantity.parse(text)
  }

  /// `100Mbit`: in the largest unit that needs no fraction; parses to the same value.
  public var description: String { Self.quantity.format(bitsPerSecond) }

  /// The slower first.
  public static func < (a: BitRate, b: BitRate) -> Bool { a.bitsPerSecond < b.bitsPerSecond }

  package static let quantity = Quantity(
    what: "rate", examples: ["512kbit", "100Mbit", "1Gbit/s"],
    units: [
      .init(name: "Gbit", factor: 1_000_000_000), .init(name: "Mbit", factor: 1_000_000),
      .init(name: "kbit", factor: 1000), .init(name: "bit", factor: 1),
    ],
    ignoresCase: true, suffix: "/s", bareUnit: nil,
    // tc reads mbps as megabytes a second, most people as megabits: so neither guess is made here.
    typos: [
      "k": "kbit", "m": "Mbit", "g": "Gbit", "kb": "kbit", "mb": "Mbit", "gb": "Gbit",
      "kbps": "kbit", "mbps": "Mbit", "gbps": "Gbit", "bps": "bit", "kbits": "kbit",
      "mbits": "Mbit", "gbits": "Gbit", "bits": "bit", "kb/s": "kbit", "mb/s": "Mbit",
      "gb/s": "Gbit",
    ],
    range: 1000...1_000_000_000_000)
}

/// Durations as manifests write them: `250ms`, `10s`, `2m`, `1h`; from 1 ms to 24 hours.
public enum DurationText {
  /// The duration that a text says.
  public static func parse(_ text: String) throws(QuantityError) -> Duration {
    .milliseconds(Int64(try quantity.parse(text)))
  }

  /// In the largest unit that needs no fraction, rounded up to whole milliseconds; parses to that value.
  public static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return quantity.format(UInt64(max(0, seconds)) * 1000 + UInt64(max(0, rest)))
  }

  package static let quantity = Quantity(
    what: "duration", examples: ["250ms", "10s", "2m"],
    units: [
      .init(name: "h", factor: 3_600_000), .init(name: "m", factor: 60_000),
      .init(name: "s", factor: 1000), .init(name: "ms", factor: 1),
    ],
    ignoresCase: false, bareUnit: nil,
    typos: [
      "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m",
      "minute": "m", "minutes": "m", "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "msec": "ms",
      "msecs": "ms", "millis": "ms",
    ],
    range: 1...86_400_000)
}
