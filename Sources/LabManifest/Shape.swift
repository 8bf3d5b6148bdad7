import LabValues

/// What a value of the manifest may be. The parser checks it and the JSON Schema is printed from it, so that the two
/// cannot diverge.
package indirect enum Shape: Sendable {
  case scalar(Format)
  case object([Key])
  /// Names of the writer's choice, each with a value of the same shape; `also` are names with a shape of their own.
  case map(of: Shape, entry: String, minimum: Int, also: [Key] = [])
  /// Distinct words.
  case list(of: Format)
  case either(Format, [Key])
  /// Values of one shape, in the writer's order; the same may come again.
  case sequence(of: Shape, entry: String, minimum: Int)
  /// Keys of the writer's choice that have a format, each with a value of the same shape.
  case pairs(key: Format, of: Shape, entry: String)
  /// One of these, by what the value is: a scalar, a list or a map.
  case byKind(scalar: Format?, list: Shape? = nil, map: Shape? = nil)
}

/// One key of an object.
package struct Key: Sendable {
  package var name: String
  package var shape: Shape
  package var isRequired: Bool
  /// As one would write it in the manifest.
  package var defaultText: String?
  package var meaning: String
  /// What the key is called now; nil for one that is. An old one is still read, and nobody is told of it.
  package var newName: String?

  package init(
    name: String, shape: Shape, isRequired: Bool = false, defaultText: String? = nil,
    meaning: String, newName: String? = nil
  ) {
    self.name = name
    self.shape = shape
    self.isRequired = isRequired
    self.defaultText = defaultText
    self.meaning = meaning
    self.newName = newName
  }
}

/// What the text of a scalar may be.
package enum Format: Sendable {
  case version
  case name
  /// One of these words, called `what` in messages.
  case choice(String, [String])
  case address
  case subnet
  case path
  case port
  case rate
  case duration
  case percentage
  /// A natural number of any size, plain or quoted.
  case natural
  case memory
  /// A small whole number of the range.
  case count(ClosedRange<Int>)
  /// A number of bytes of the range.
  case size(ClosedRange<UInt64>)
  /// Of libvirt: `qemu:///system`.
  case uri
  /// Of a Unix system.
  case user
  /// Any text, numbers and truth values as they are written.
  case text
  /// A scalar with its type, as JSON has them.
  case literal
  case truth
  /// Of either sign, with or without a fraction.
  case number
  /// An extended regular expression (POSIX.1, section 9.4), as `grep -E` has it.
  case pattern
  /// A file's place on a board, below its working folder.
  case boardPath
  /// A length of time that may be negative.
  case offset
  /// A small whole number of the range, or one of these words, called `what` in messages.
  case countOr(ClosedRange<Int>, String, [String])
}

/// Why a scalar does not have its format.
struct FormatError: Error {
  var message: String
  var hint: String?
}

extension Format {
  static let schemaVersion = "1"
  static let autoPort = "auto"

  /// Checks a scalar; nothing that depends on other values.
  func check(_ text: String, _ type: ScalarType, key: String) throws(FormatError) {
    guard types.contains(type) else { throw wrongType(text, type, key: key) }
    do {
      switch self {
      case .version: try Self.checkVersion(text)
      case .name: try Self.checkName(text)
      case .choice(let what, let words): try Self.checkChoice(text, what, words)
      case .address: _ = try IPv4Address(text)
      case .subnet: _ = try IPv4Subnet(text)
      case .path: try Self.checkPath(text)
      case .port: try Self.checkPort(text, type)
      case .rate: _ = try BitRate(text)
      case .duration: _ = try DurationText.parse(text)
      case .percentage: _ = try Percentage(text)
      case .natural: try Self.checkNatural(text)
      case .memory: _ = try MemorySize(text)
      case .count(let range): try Self.checkCount(text, range)
      case .size(let range): try Self.checkSize(text, range)
      case .uri: try Self.checkURI(text)
      case .user: try Self.checkUser(text)
      case .text: try Self.checkText(text)
      case .literal, .truth, .number: break
      case .pattern: try Self.checkPattern(text)
      case .boardPath: try Self.checkBoardPath(text)
      case .offset: _ = try OffsetText.parse(text)
      case .countOr(let range, let what, let words):
        if type == .integer {
          try Self.checkCount(text, range)
        } else {
          try Self.checkChoice(text, what, words)
        }
      }
    } catch let error as FormatError {
      throw error
    } catch let error as AddressError {
      throw FormatError(message: error.description, hint: error.hint)
    } catch let error as QuantityError {
      throw FormatError(message: error.message, hint: error.hint)
    } catch {
      throw FormatError(message: "\(error)")
    }
  }

  /// Types that YAML may give the scalar. A rate without a unit is a number: let through, for the better message.
  private var types: [ScalarType] {
    switch self {
    case .version: [.integer, .number]
    case .port, .natural: [.integer, .number, .text]
    case .rate, .duration, .percentage, .address, .subnet, .memory, .size:
      [.text, .integer, .number]
    case .count: [.integer, .number]
    case .name, .choice, .path, .uri, .user: [.text]
    case .text, .pattern, .boardPath: [.text, .integer, .number, .boolean]
    case .literal: [.text, .integer, .number, .boolean, .null]
    case .truth: [.boolean]
    case .number: [.integer, .number]
    case .offset: [.text, .integer, .number]
    case .countOr: [.text, .integer]
    }
  }

  private func wrongType(_ text: String, _ type: ScalarType, key: String) -> FormatError {
    let found = Value(place: .wholeFile, content: .scalar(text, type)).kind
    let quotable = types == [.text] && type != .null
    return FormatError(
      message: "'\(key)' must be \(expectation), not \(found)",
      hint: quotable ? "if it is meant as text, quote it: \"\(text.prefix(40))\"" : nil)
  }

  /// Completes `must be …`.
  var expectation: String {
    switch self {
    case .version: "the number \(Self.schemaVersion)"
    case .name: "a name"
    case .choice(let what, _): "the name of a \(what)"
    case .address: "an IPv4 address"
    case .subnet: "a subnet"
    case .path: "a path"
    case .port: "'\(Self.autoPort)' or a port number"
    case .rate: "a rate"
    case .duration: "a duration"
    case .percentage: "a percentage"
    case .natural: "a number"
    case .memory: "a memory size"
    case .count: "a whole number"
    case .size: "a size"
    case .uri: "a connection URI"
    case .user: "a user's name"
    case .text: "a text"
    case .literal: "a text, a number or a boolean"
    case .truth: "true or false"
    case .number: "a number"
    case .pattern: "a regular expression"
    case .boardPath: "a path on the board"
    case .offset: "a length of time"
    case .countOr(_, let what, _): "a number or the name of a \(what)"
    }
  }

  private static func checkVersion(_ text: String) throws(FormatError) {
    guard text == schemaVersion else {
      throw FormatError(
        message: "unknown manifest version '\(text.prefix(40))'",
        hint: "this pilab reads version: \(schemaVersion)")
    }
  }

  static func checkName(_ text: String) throws(FormatError) {
    do throws(NameRule.Problem) { try NameRule.check(text) } catch {
      throw FormatError(message: error.message, hint: error.hint)
    }
  }

  static func checkChoice(
    _ text: String, _ what: String, _ words: [String]
  ) throws(FormatError) {
    guard words.contains(text) else {
      throw FormatError(
        message: "unknown \(what) '\(text.prefix(80))'",
        hint: Suggestion.hint(for: text, among: words, listing: "there are"))
    }
  }

  static func checkPath(_ text: String) throws(FormatError) {
    guard !text.isEmpty else { throw FormatError(message: "the path is empty") }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw FormatError(message: "the path holds a control character")
    }
  }

  private static func checkPort(_ text: String, _ type: ScalarType) throws(FormatError) {
    if text == autoPort { return }
    let digits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard type == .integer, digits, let port = UInt16(text), port > 0 else {
      throw FormatError(
        message: "'\(text.prefix(40))' is not a port",
        hint: "write a number from 1 to 65535, or \(autoPort) to take a free one")
    }
  }

  private static func checkNatural(_ text: String) throws(FormatError) {
    guard text.wholeMatch(of: /[0-9]+|0[xX][0-9a-fA-F]+/) != nil else {
      throw FormatError(
        message: "'\(text.prefix(40))' is not a natural number",
        hint: "write decimal digits, or hexadecimal ones after 0x")
    }
  }
}
