import PiExchange
import PiTransfer

/// The arguments of a board program, taken option by option; what is left over at the end is an error.
///
/// swift-argument-parser brings Foundation, which would triple the size of a static program.
struct Arguments {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  /// The value of `--private-exponent`, which is not among `values`: there it is masked.
  var privateExponent: FixedExponent?

  /// `valued` and `flags` are the options that the program knows, without dashes. `--name value` and `--name=value`
  /// are the same.
  init(
    _ arguments: [String], valued: Set<String>, flags known: Set<String>
  ) throws(ExchangeError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--"), argument != "--" else {
        throw Self.usage("unexpected argument '\(argument)'")
      }
      let parts = argument.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      if known.contains(name), parts.count == 1 {
        flags.insert(name)
      } else if valued.contains(name) {
        guard values[name] == nil else { throw Self.usage("--\(name) is given twice") }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw Self.usage("--\(name) needs a value")
        }
        values[name] = value
      } else {
        throw Self.usage("unknown option '--\(name)'")
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  func optional(_ name: String) -> String? { values[name] }

  func required(_ name: String) throws(ExchangeError) -> String {
    guard let value = values[name] else { throw Self.usage("--\(name) is missing") }
    return value
  }

  /// The option's value as `parse` understands it; nil where the option is not given.
  func optional<Value>(
    _ name: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(ExchangeError) -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = parse(text) else {
      throw Self.usage("--\(name) '\(text)' is not \(expected)")
    }
    return value
  }

  func required<Value>(
    _ name: String, _ expected: String, _ parse: (String) -> Value?
  ) throws(ExchangeError) -> Value {
    _ = try required(name)
    guard let value = try optional(name, expected, parse) else {
      throw Self.usage("--\(name) is missing")
    }
    return value
  }

  static func usage(_ message: String) -> ExchangeError {
    ExchangeError(.usage, at: .arguments, message, hint: "--help lists the options")
  }
}

/// Numbers with units, as the manifest writes them.
enum Units {
  /// `250ms`, `10s`, `2m`, `1h`; more than nothing.
  static func duration(_ text: String) -> Duration? {
    let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    guard let milliseconds = scaled(text, units), milliseconds > 0 else { return nil }
    return .milliseconds(milliseconds)
  }

  /// `65536`, `64KiB`, `1MiB`, `1GiB`, `10kB`, `1MB`, `1GB`.
  static func bytes(_ text: String) -> UInt64? {
    let units: [(String, Int64)] = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
      ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
    ]
    return scaled(text, units).map { UInt64($0) }
  }

  /// `100kbit`, `10mbit`, `1gbit`, in any case, `/s` or not; in bytes a second, at least one.
  static func rate(_ text: String) -> UInt64? {
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
