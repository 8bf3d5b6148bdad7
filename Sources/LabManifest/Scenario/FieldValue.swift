import LabValues
import PiExchange

/// What a field of the protocol may be set to.
enum FieldValue {
  private static let publicValues = ["P", "P-1", "P+1", "non-residue", "longer", "shorter", "own"]
  static let random = "random"

  static func check(_ text: String, of field: StreamField) throws(FormatError) {
    if text == random || isNumber(text) { return try checkWidth(text, field) }
    let words = words(for: field)
    guard words.contains(text) || field == .name && NameRule.allows(text) else {
      throw FormatError(
        message: "'\(field.rawValue)' cannot be set to '\(text.prefix(80))'",
        hint: "a decimal or 0x number, \((words + [random]).joined(separator: ", "))")
    }
  }

  private static func words(for field: StreamField) -> [String] {
    switch field {
    case .role: [Role.sender, .receiver].map(\.name)
    case .profile: Profile.allCases.map(\.name)
    case .authentication: Authentication.allCases.map(\.name)
    case .cipher: Cipher.allCases.map(\.name)
    case .publicValue: publicValues
    default: []
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    text.wholeMatch(of: /[0-9]+|0[xX][0-9a-fA-F]+/) != nil
  }

  private static func checkWidth(_ text: String, _ field: StreamField) throws(FormatError) {
    // Larger numbers are checked where there is arithmetic for them.
    guard text != random, let width = field.width, width <= 8 else { return }
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    let number =
      isHexadecimal ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    let largest = width == 8 ? UInt64.max : (1 << UInt64(8 * width)) - 1
    guard let number, number <= largest else {
      throw FormatError(
        message: "'\(text.prefix(40))' does not fit into the field '\(field.rawValue)'",
        hint: "it has \(width) byte\(width == 1 ? "" : "s"): at most \(largest)")
    }
  }
}
