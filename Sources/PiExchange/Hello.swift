import PiCrypto

/// What a side says of itself before anything is agreed.
package struct Hello: Sendable, Equatable {
  package var role: Role
  package var profile: Profile
  package var authentication: Authentication
  package var cipher: Cipher
  package var groupIdentifier: [UInt8]
  package var nonce: [UInt8]
  package var name: BoardName
  package var publicValue: [UInt8]

  package static let nameOffset = 68

  package var frame: Frame {
    let name = Array(name.text.utf8)
    return Frame(
      .hello,
      [role.rawValue, profile.rawValue, authentication.rawValue, cipher.rawValue]
        + groupIdentifier + nonce
        + [UInt8(name.count)] + name
        + UInt16(publicValue.count).bigEndianBytes + publicValue)
  }

  /// A HELLO's payload, 73 to 1158 bytes; every field is checked for form, none yet for content.
  package init(decoding payload: [UInt8]) throws(ExchangeError) {
    guard let role = Role(rawValue: payload[0]), let profile = Profile(rawValue: payload[1]),
      let authentication = Authentication(rawValue: payload[2]),
      let cipher = Cipher(rawValue: payload[3])
    else {
      throw ExchangeError(.badFrame, at: .hello, "HELLO has an unknown role, profile or cipher")
    }
    let nameLength = Int(payload[Self.nameOffset])
    let nameEnd = Self.nameOffset + 1 + nameLength
    guard payload.count >= nameEnd + 2 else { throw Self.badLengths }
    let text = String(decoding: payload[(Self.nameOffset + 1)..<nameEnd], as: UTF8.self)
    guard let name = BoardName(text) else {
      throw ExchangeError(.badFrame, at: .hello, "HELLO has a malformed board name")
    }
    let valueLength = Int(UInt16(bigEndianBytes: payload[nameEnd..<(nameEnd + 2)]))
    guard valueLength > 0, payload.count == nameEnd + 2 + valueLength else { throw Self.badLengths }
    self.role = role
    self.profile = profile
    self.authentication = authentication
    self.cipher = cipher
    groupIdentifier = Array(payload[4..<36])
    nonce = Array(payload[36..<68])
    self.name = name
    publicValue = Array(payload[(nameEnd + 2)...])
  }

  init(
    role: Role, profile: Profile, authentication: Authentication, cipher: Cipher, group: DHGroup,
    nonce: [UInt8], name: BoardName, publicValue: PublicValue
  ) {
    self.role = role
    self.profile = profile
    self.authentication = authentication
    self.cipher = cipher
    groupIdentifier = group.identifier
    self.nonce = nonce
    self.name = name
    self.publicValue = publicValue.bytes
  }

  private static let badLengths = ExchangeError(
    .badFrame, at: .hello, "the lengths inside HELLO do not add up")
}

/// A board's name: lower-case letters, digits and hyphens, beginning with a letter or digit, 1 to 63 of them
/// (a label of RFC 1123).
public struct BoardName: Sendable, Equatable {
  public let text: String

  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard (1...63).contains(bytes.count), bytes[0] != UInt8(ascii: "-") else { return nil }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        continue
      default: return nil
      }
    }
    self.text = text
  }
}

extension DHGroup {
  /// SHA-256 over P and G: names the group on the wire without sending numbers that someone might believe.
  public var identifier: [UInt8] {
    SHA256.digest(
      Array("pilab/1 group".utf8) + [0]
        + UInt16(prime.count).bigEndianBytes + prime
        + UInt16(generator.count).bigEndianBytes + generator)
  }
}
