/// A piece of YAML with its place, free of the YAML library's types.
package struct Value: Sendable {
  package enum Content: Sendable {
    case scalar(String, ScalarType)
    case object([Field])
    case list([Value])
    /// Was found wrong and reported; whoever reads it has nothing more to say about it.
    case invalid
  }

  package struct Field: Sendable {
    package var key: String
    package var keyPlace: Place
    package var value: Value
  }

  package var place: Place
  package var content: Content

  static func invalid(at place: Place) -> Value { Value(place: place, content: .invalid) }

  var isInvalid: Bool {
    if case .invalid = content { true } else { false }
  }

  /// The text of a scalar.
  package var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The fields of an object; none for anything else.
  package var fields: [Field] {
    if case .object(let fields) = content { fields } else { [] }
  }

  /// The elements of a list; none for anything else.
  var elements: [Value] {
    if case .list(let elements) = content { elements } else { [] }
  }

  package subscript(key: String) -> Value? { fields.first { $0.key == key }?.value }

  /// `a map`, `the number 5`: how messages name what was found.
  var kind: String {
    switch content {
    case .object: "a map"
    case .list: "a list"
    case .invalid: "invalid"
    case .scalar(let text, let type):
      switch type {
      case .null: "empty"
      case .text: "the text '\(text.prefix(40))'"
      case .integer, .number: "the number \(text.prefix(40))"
      case .boolean: "the boolean \(text)"
      }
    }
  }
}

/// What a scalar is by the core schema of YAML 1.2 (section 10.3.2); quoted ones are always text.
package enum ScalarType: Sendable {
  case text, integer, number, boolean, null

  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
    case ".inf", ".Inf", ".INF", "+.inf", "-.inf", ".nan", ".NaN", ".NAN": self = .number
    default:
      self =
        if Self.isInteger(text) {
          .integer
        } else if text.utf8.allSatisfy(Self.isInNumbers), Double(text) != nil {
          .number
        } else {
          .text
        }
    }
  }

  // By hand, because a regular expression for each scalar takes minutes on a large file.

  private static func isInteger(_ text: String) -> Bool {
    if text.hasPrefix("0x") {
      let digits = text.dropFirst(2)
      return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
    if text.hasPrefix("0o") {
      let digits = text.dropFirst(2)
      return !digits.isEmpty && digits.allSatisfy { ("0"..."7").contains($0) }
    }
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    return !digits.isEmpty && digits.utf8.allSatisfy(Self.isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isInNumbers(_ byte: UInt8) -> Bool {
    isDigit(byte) || ".eE+-".utf8.contains(byte)
  }
}
