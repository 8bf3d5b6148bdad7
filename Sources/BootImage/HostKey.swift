import Foundation
import LabCore

/// An ed25519 host key, from the format that ssh-keygen writes to the one that dropbear reads.
///
/// Sources: OpenSSH, PROTOCOL.key; dropbear, ed25519.c (`buf_get_ed25519_priv_key`).
struct HostKey {
  static let type = "ssh-ed25519"

  /// Seed and public key, 32 bytes each.
  private let pair: [UInt8]

  /// - Throws: `.identityInvalid` for another kind of key, one with a passphrase, or none at all.
  init(openSSH text: String) throws(LabError) {
    guard let pair = Self.pair(in: text) else {
      throw LabError(
        .identityInvalid,
        "the host key is not an ed25519 key in OpenSSH's format without passphrase",
        step: "image",
        hint: "ssh-keygen -t ed25519 -N '' -f FILE makes one")
    }
    self.pair = pair
  }

  var dropbearFormat: [UInt8] { Self.string(Array(Self.type.utf8)) + Self.string(pair) }

  private static func pair(in text: String) -> [UInt8]? {
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.first == "-----BEGIN OPENSSH PRIVATE KEY-----",
      lines.last == "-----END OPENSSH PRIVATE KEY-----", text.utf8.count < 4096,
      let data = Data(base64Encoded: lines.dropFirst().dropLast().joined())
    else { return nil }
    var reader = Reader(Array(data))
    guard reader.take(15) == Array("openssh-key-v1\0".utf8),
      reader.text() == "none", reader.text() == "none", reader.string() == [],
      reader.number() == 1, reader.string() != nil, let secret = reader.string()
    else { return nil }
    reader = Reader(secret)
    // Two equal numbers: whether a passphrase was the right one.
    guard let check = reader.number(), reader.number() == check, reader.text() == type,
      let publicKey = reader.string(), publicKey.count == 32,
      let pair = reader.string(), pair.count == 64, Array(pair.suffix(32)) == publicKey
    else { return nil }
    return pair
  }

  /// RFC 4251, section 5: length in four bytes, highest first, and the bytes.
  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
  }

  private struct Reader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func take(_ count: Int) -> [UInt8]? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }

    mutating func number() -> Int? {
      take(4).map { $0.reduce(0) { $0 << 8 | Int($1) } }
    }

    mutating func string() -> [UInt8]? { number().flatMap { take($0) } }

    mutating func text() -> String? { string().map { String(decoding: $0, as: UTF8.self) } }
  }
}
