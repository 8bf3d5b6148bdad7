import PiCrypto
import PiExchange

// The values of `set`.
extension FaultParser {
  func value(_ text: String, of field: StreamField) throws(SpecError) -> FieldValue {
    if text == "random" { return .random }
    if let byte = Self.byte(named: text, of: field) { return .bytes([byte]) }
    switch field {
    case .name:
      guard (1...63).contains(text.utf8.count) else {
        throw SpecError(message: "a name has 1 to 63 bytes")
      }
      return .bytes(Array(text.utf8))
    case .publicValue: return try publicValue(text)
    default: return .bytes(try number(text, field, width: field.width ?? 0))
    }
  }

  private static func byte(named text: String, of field: StreamField) -> UInt8? {
    switch field {
    case .role: Role(word: text)?.rawValue
    case .profile: Profile(name: text)?.rawValue
    case .authentication: Authentication(name: text)?.rawValue
    case .cipher: Cipher(name: text)?.rawValue
    default: nil
    }
  }

  private func publicValue(_ text: String) throws(SpecError) -> FieldValue {
    switch text {
    case "longer": return .longer
    case "shorter": return .shorter
    case "own": return .own
    case "P": return .bytes(group.notable(.prime))
    case "P-1": return .bytes(group.notable(.primeLessOne))
    case "P+1": return .bytes(group.notable(.primePlusOne))
    case "non-residue": return .bytes(group.notable(.nonResidue))
    default: return .bytes(try number(text, .publicValue, width: group.byteCount))
    }
  }

  private func number(
    _ text: String, _ field: StreamField, width: Int
  ) throws(SpecError) -> [UInt8] {
    guard let bytes = BigEndian.parse(text) else {
      throw SpecError(message: "'\(field.rawValue)' cannot be set to '\(text.prefix(80))'")
    }
    guard bytes.count <= width else {
      throw SpecError(
        message: "'\(text.prefix(80))' does not fit into the \(width) bytes of '\(field.rawValue)'")
    }
    return [UInt8](repeating: 0, count: width - bytes.count) + bytes
  }
}
