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
  static let quantity = Quantity(
    what: "memory size", examples: ["128MiB", "1GiB"],
    units: [.init(name: "GiB", factor: 1 << 30), .init(name: "MiB", factor: 1 << 20)],
    ignoresCase: false, bareUnit: nil,
    typos: [
      "m": "MiB", "mb": "MiB", "mi": "MiB", "g": "GiB", "gb": "GiB", "gi": "GiB",
    ],
    range: 96 << 20...1 << 40)
}

extension Format {
  static let uriPattern = "^[a-z][a-z0-9+.-]*://[!-~]*$"
  static let userPattern = "^[a-z_][a-z0-9_-]{0,31}$"

  static func checkCount(_ text: String, _ range: ClosedRange<Int>) throws(FormatError) {
    guard let number = Int(text), range.contains(number) else {
      throw FormatError(
        message: "'\(text.prefix(40))' is out of range",
        hint: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  static func checkSize(_ text: String, _ range: ClosedRange<UInt64>) throws(FormatError) {
    let size: UInt64
    do { size = try ByteCount(text).bytes } catch {
      throw FormatError(message: error.message, hint: error.hint)
    }
    guard range.contains(size) else {
      let (least, most) = (ByteCount(bytes: range.lowerBound), ByteCount(bytes: range.upperBound))
      throw FormatError(
        message: "'\(text.prefix(40))' is out of range", hint: "a size from \(least) to \(most)")
    }
  }

  static func checkURI(_ text: String) throws(FormatError) {
    guard text.wholeMatch(of: /[a-z][a-z0-9+.\-]*:\/\/[!-~]*/) != nil else {
      throw FormatError(
        message: "'\(text.prefix(80))' is not a connection URI",
        hint: "for example qemu:///system or qemu:///session")
    }
  }

  static func checkUser(_ text: String) throws(FormatError) {
    guard text.wholeMatch(of: /[a-z_][a-z0-9_\-]{0,31}/) != nil else {
      throw FormatError(
        message: "'\(text.prefix(40))' is not a user's name",
        hint: "lower-case letters, digits, hyphens and underscores: pi, root")
    }
  }
}
