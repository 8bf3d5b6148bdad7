import PiCrypto

/// The keys that both sides derive from the shared secret and the transcript (docs/protocol.md, "Transcript and
/// keys").
struct SessionKeys: ~Copyable, Sendable {
  let transcript: [UInt8]
  /// 16 bytes: the AES key of profile classic, the input key of Cobblestone-128 in profile sealed.
  let image: SecretBytes
  private let senderConfirmation: SecretBytes
  private let receiverConfirmation: SecretBytes

  static let preSharedKeySize = 32

  /// `preSharedKey` has 32 bytes, zeros where there is none.
  init(
    profile: Profile, secret: consuming SharedSecret, preSharedKey: borrowing SecretBytes,
    transcript: [UInt8]
  ) {
    self.transcript = transcript
    let key = secret.bytes.withUnsafeBytes { secret in
      preSharedKey.withUnsafeBytes { HKDF.extract(.sha256, salt: $0, inputKey: secret) }
    }
    func derive(_ label: StaticString, _ count: Int) -> SecretBytes {
      key.withUnsafeBytes {
        HKDF.expand(
          .sha256, pseudorandomKey: $0, info: Self.labelled(label, transcript), count: count)
      }
    }
    senderConfirmation = derive("confirm sender", 32)
    receiverConfirmation = derive("confirm receiver", 32)
    switch profile {
    case .classic:
      image = secret.bytes.withUnsafeBytes { secret in
        let digest = SHA256.secretDigest(secret)
        return digest.withUnsafeBytes {
          SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<AES128.keySize]))
        }
      }
    case .sealed:
      image = derive("transfer key", AES128.keySize)
    }
  }

  /// HMAC-SHA-256 under the confirmation key of `role`, over label, transcript and data.
  func code(of role: Role, _ label: StaticString, _ data: [UInt8] = []) -> [UInt8] {
    let message = Self.labelled(label, transcript) + data
    switch role {
    case .sender: return HMACSHA256.code(for: message, key: senderConfirmation)
    case .receiver: return HMACSHA256.code(for: message, key: receiverConfirmation)
    }
  }

  private static func labelled(_ label: StaticString, _ transcript: [UInt8]) -> [UInt8] {
    Array("pilab/1 \(label)".utf8) + [0] + transcript
  }
}
