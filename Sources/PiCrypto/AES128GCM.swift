import COpenSSL

/// AES-128-GCM (SP 800-38D) for many short messages under one key: 12-byte nonces, 16-byte tags.
public struct AES128GCM: ~Copyable, @unchecked Sendable {
  // Sendable: the context is owned by this value alone.
  private let context: OpaquePointer
  private let direction: AES128.Direction

  public static let nonceSize = 12
  /// Inline, because a pipeline makes one for each chunk and must not allocate.
  public typealias Nonce = InlineArray<12, UInt8>
  public static let tagSize = 16

  /// A key of 16 bytes.
  public init(key: borrowing SecretBytes, direction: AES128.Direction) {
    precondition(key.count == AES128.keySize)
    self.direction = direction
    context = require(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
    let context = context
    key.withUnsafeBytes { key in
      require(
        EVP_CipherInit_ex2(
          context, EVP_aes_128_gcm(), key.octets, nil, direction.rawValue, nil),
        "EVP_CipherInit_ex2")
    }
  }

  deinit { EVP_CIPHER_CTX_free(context) }  // wipes the key schedule

  /// Only the nonce: giving the key again would repeat the key schedule.
  private func begin(_ nonce: Nonce, _ associatedData: [UInt8]) {
    nonce.span.withUnsafeBufferPointer {
      require(
        EVP_CipherInit_ex2(context, nil, nil, $0.baseAddress, direction.rawValue, nil),
        "EVP_CipherInit_ex2")
    }
    guard !associatedData.isEmpty else { return }
    var ignored: Int32 = 0
    require(
      EVP_CipherUpdate(context, nil, &ignored, associatedData, Int32(associatedData.count)),
      "EVP_CipherUpdate")
  }

  private func transform(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutablePointer<UInt8>?) {
    guard !input.isEmpty else { return }
    var written: Int32 = 0
    require(
      EVP_CipherUpdate(context, output, &written, input.octets, Int32(input.count)),
      "EVP_CipherUpdate")
  }

  /// Writes the ciphertext and then the tag: `plaintext.count + 16` bytes of `output`.
  public mutating func seal(
    _ plaintext: UnsafeRawBufferPointer, nonce: Nonce, associatedData: [UInt8] = [],
    into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(direction == .encrypt && output.count >= plaintext.count + Self.tagSize)
    begin(nonce, associatedData)
    transform(plaintext, output.octets)
    let tag = output.baseAddress! + plaintext.count
    var ignored: Int32 = 0
    require(
      EVP_CipherFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &ignored),
      "EVP_CipherFinal_ex")
    require(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag),
      "EVP_CTRL_AEAD_GET_TAG")
  }

  /// Opens ciphertext ‖ tag into `ciphertext.count - 16` bytes of `output`; false, with the output wiped, where the
  /// tag does not verify.
  public mutating func open(
    _ ciphertext: UnsafeRawBufferPointer, nonce: Nonce, associatedData: [UInt8] = [],
    into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let length = ciphertext.count - Self.tagSize
    precondition(direction == .decrypt && length >= 0 && output.count >= length)
    begin(nonce, associatedData)
    transform(UnsafeRawBufferPointer(rebasing: ciphertext[..<length]), output.octets)
    let tag = UnsafeMutableRawPointer(mutating: ciphertext.baseAddress! + length)
    require(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), tag),
      "EVP_CTRL_AEAD_SET_TAG")
    var scratch: UInt8 = 0
    var ignored: Int32 = 0
    guard EVP_CipherFinal_ex(context, &scratch, &ignored) == 1 else {
      OPENSSL_cleanse(output.baseAddress, length)
      ERR_clear_error()
      return false
    }
    return true
  }
}
