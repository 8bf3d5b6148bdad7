import PiExchange

/// HELLO as docs/protocol.md lays it out, read here anew: what checks the programs' traffic should
/// not be the programs' own parser.
struct WireHello: Equatable {
  var role: Role
  var profile: Profile
  var authentication: Authentication
  var cipher: Cipher
  var groupIdentifier: [UInt8]
  var name: String
  var publicValue: [UInt8]

  /// Nil where the lengths do not add up or a field has no meaning.
  init?(payload: [UInt8]) {
    guard payload.count >= 73, let role = Role(rawValue: payload[0]),
      let profile = Profile(rawValue: payload[1]),
      let authentication = Authentication(rawValue: payload[2]),
      let cipher = Cipher(rawValue: payload[3]), profile.ciphers.contains(cipher)
    else { return nil }
    let nameEnd = 69 + Int(payload[68])
    guard payload.count >= nameEnd + 2,
      let name = BoardName(String(decoding: payload[69..<nameEnd], as: UTF8.self))
    else { return nil }
    let length = Int(payload[nameEnd]) << 8 | Int(payload[nameEnd + 1])
    guard (1...1024).contains(length), payload.count == nameEnd + 2 + length else { return nil }
    self.role = role
    self.profile = profile
    self.authentication = authentication
    self.cipher = cipher
    groupIdentifier = Array(payload[4..<36])
    self.name = name.text
    publicValue = Array(payload[(nameEnd + 2)...])
  }
}

/// A frame's type and the lengths its payload may have, from docs/protocol.md.
enum WireFrame: UInt8 {
  case hello = 0x01
  case confirm = 0x02
  case header = 0x03
  case trailer = 0x04
  case receipt = 0x05
  case alert = 0x7F

  var lengths: ClosedRange<Int> {
    switch self {
    case .hello: 73...1158
    case .confirm: 32...32
    case .header, .receipt: 40...40
    case .trailer: 64...64
    case .alert: 1...1
    }
  }

  var name: String { "\(self)".uppercased() }
}

/// What one direction of a connection said, as far as it is a pilab exchange.
struct WireRecord {
  /// PREAMBLE and the frame HELLO, as the transcript hashes them.
  var opening: [UInt8] = []
  var hello: WireHello?
  var sawConfirm = false
  /// HEADER's n: bytes of the plaintext image.
  var imageBytes: UInt64?
  /// Where the encrypted image begins in the stream, and its announced length.
  var imageOffset: UInt64?
  var ciphertextBytes: UInt64?
  /// TRAILER's SHA-256 of the plaintext.
  var digest: [UInt8]?
  /// RECEIPT's n.
  var receipt: UInt64?
  var alert: UInt8?
  /// Whether all frames that the role has to send are there.
  var isComplete = false
  var trailingBytes: UInt64 = 0
  /// Why the stream is no exchange, or no longer one.
  var fault: String?
  /// Where bytes are missing so that it cannot be read on.
  var lostAt: UInt64?
}
