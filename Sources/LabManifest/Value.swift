/// A piece of YAML with its place, free of the YAML library's types.
struct Value: Sendable {
  enum Content: Sendable {
    case scalar(String, ScalarType)
    case object([Field])
    case list([Value])
    /// Was found wrong and reported; whoever reads it has nothing more to say about it.
    case invalid
  }

  struct Field: Sendable {
    var key: String
    var keyPlace: Place
    var value: Value
  }

  var place: Place
  var content: Content

  static func invalid(at place: Place) -> Value { Value(place: place, content: .invalid) }

  var isInvalid: Bool {
    if case .invalid = content { true } else { false }
  }

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The fields of an object; none for anything else.
  var fields: [Field] {
    if case .object(let fields) = content { fields } else { [] }
  }

  /// The elements of a list; none for anything else.
  var elements: [Value] {
    if case .list(let elements) = content { elements } else { [] }
  }

  subscript(key: String) -> Value? { fields.first { $0.key == key }?.value }

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
      case .boolean: "the truth value \(text)"
      }
    }
  }
}

/// What a scalar is by the core schema of YAML 1.2 (section 10.3.2); quoted ones are always text.
enum ScalarType: Sendable {
  case text, integer, number, boolean, null

  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
    default:
      if text.wholeMatch(of: /[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+/) != nil {
        self = .integer
      } else if text.wholeMatch(
        of:
          /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)/
      ) != nil {
        self = .number
      } else {
        self = .text
      }
    }
  }
}
