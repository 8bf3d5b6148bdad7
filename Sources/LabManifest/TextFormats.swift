import Glibc
import LabValues

extension Format {
  private static let longestText = 65536

  static func checkText(_ text: String) throws(FormatError) {
    guard text.utf8.count <= longestText else {
      throw FormatError(
        message: "the text has \(text.utf8.count) bytes",
        hint: "at most \(longestText): put what is longer into a file")
    }
    guard !text.contains("\0") else { throw FormatError(message: "the text holds a NUL") }
  }

  static func checkPattern(_ text: String) throws(FormatError) {
    try checkText(text)
    do throws(RegularExpression.Problem) { _ = try RegularExpression(text) } catch {
      throw FormatError(
        message: "'\(text.prefix(80))' is not a regular expression: \(error.message)",
        hint: "extended regular expressions, as grep -E has them")
    }
  }

  static func checkBoardPath(_ text: String) throws(FormatError) {
    try checkPath(text)
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw FormatError(
        message: "'\(text.prefix(80))' is not a path on a board",
        hint: "paths begin at the board's working folder: data/input.txt")
    }
  }
}

/// A length of time with a sign: `-1h`, `+30s`.
public enum OffsetText {
  static var pattern: String {
    let unsigned = DurationText.quantity.pattern
    return "^[-+]?" + unsigned.dropFirst(unsigned.hasPrefix("^") ? 1 : 0)
  }

  public static func parse(_ text: String) throws(QuantityError) -> Duration {
    let isNegative = text.hasPrefix("-")
    let rest = isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text
    let duration = try DurationText.parse(rest)
    return isNegative ? .zero - duration : duration
  }

  public static func format(_ offset: Duration) -> String {
    offset < .zero
      ? "-" + DurationText.format(.zero - offset) : "+" + DurationText.format(offset)
  }
}

/// An extended regular expression (POSIX.1, section 9.4), tried on each line of a text.
///
/// The C library's, because what it takes is what users know of grep, and it does not go wild on nested repeats.
public struct RegularExpression: Sendable, Equatable {
  /// Why a text is none.
  public struct Problem: Error, Sendable, Equatable {
    public var message: String
  }

  public let text: String

  public init(_ text: String) throws(Problem) {
    self.text = text
    var compiled = regex_t()
    let code = regcomp(&compiled, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB)
    guard code == 0 else {
      var words = [CChar](repeating: 0, count: 256)
      regerror(code, &compiled, &words, words.count)
      let bytes = words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw Problem(message: String(decoding: bytes, as: UTF8.self))
    }
    regfree(&compiled)
  }

  /// Whether a line of the subject holds a match; `^` and `$` are the ends of a line.
  public func matches(_ subject: String) -> Bool {
    var compiled = regex_t()
    guard regcomp(&compiled, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0 else {
      return false
    }
    defer { regfree(&compiled) }
    return regexec(&compiled, subject.replacing("\0", with: "\u{FFFD}"), 0, nil, 0) == 0
  }
}
