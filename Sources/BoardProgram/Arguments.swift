import PiExchange
import PiTransfer

/// The arguments of a board program, taken option by option; what is left over at the end is an error.
///
/// swift-argument-parser brings Foundation, which would triple the size of a static program.
struct Arguments {
  private var values: [String: String] = [:]
  private var lists: [String: [String]] = [:]
  private var flags: Set<String> = []
  /// The value of `--private-exponent`, which is not among `values`: there it is masked.
  var privateExponent: FixedExponent?

  /// `valued` and `flags` are the options that the program knows, without dashes; `repeated` those that have a value
  /// and may be given more than once. `--name value` and `--name=value` are the same.
  init(
    _ arguments: [String], valued: Set<String>, flags known: Set<String>,
    repeated: Set<String> = []
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
      } else if valued.contains(name) || repeated.contains(name) {
        guard values[name] == nil else { throw Self.usage("--\(name) is given twice") }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw Self.usage("--\(name) needs a value")
        }
        if valued.contains(name) {
          values[name] = value
        } else {
          lists[name, default: []] += [value]
        }
      } else {
        throw Self.usage("unknown option '--\(name)'")
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  func optional(_ name: String) -> String? { values[name] }

  /// All values of an option that may be repeated, in their order.
  func all(_ name: String) -> [String] { lists[name] ?? [] }

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
