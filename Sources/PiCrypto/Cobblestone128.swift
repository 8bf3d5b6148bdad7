/// Cobblestone-128: the C2SP chunked encryption with AES-128-GCM (c2sp.org/chunked-encryption).
///
/// ```
/// salt(24) ‖ commitment(32) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ last chunk
/// ```
/// Each chunk holds 16 KiB of plaintext and a tag; the last always holds less, possibly nothing, so that a missing
/// end is noticed.
public enum Cobblestone128 {
  public static let saltSize = 24
  public static let commitmentSize = 32
  public static let headerSize = saltSize + commitmentSize
  /// Plaintext bytes of every chunk but the last.
  public static let chunkSize = 16384
  public static let sealedChunkSize = chunkSize + AES128GCM.tagSize

  private static let label = "c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM"

  /// Bytes that `plaintext` bytes become.
  public static func sealedSize(of plaintext: UInt64) -> UInt64 {
    UInt64(headerSize) + plaintext
      + UInt64(AES128GCM.tagSize) * (plaintext / UInt64(chunkSize) + 1)
  }

  /// key(16) ‖ base nonce(12) ‖ commitment(32), with the input key as the pseudorandom key.
  fileprivate static func derive(
    inputKey: borrowing SecretBytes, salt: [UInt8], context: [UInt8]
  ) -> SecretBytes {
    inputKey.withUnsafeBytes { key in
      HKDF.expand(
        .sha512, pseudorandomKey: key, info: Array(label.utf8) + [0] + salt + context, count: 60)
    }
  }
}

/// The chunks' cipher with its counter.
private struct ChunkCipher: ~Copyable {
  var cipher: AES128GCM
  let baseNonce: AES128GCM.Nonce
  let commitment: [UInt8]
  var index: UInt64 = 0

  init(
    inputKey: borrowing SecretBytes, salt: [UInt8], context: [UInt8], direction: AES128.Direction
  ) {
    let derived = Cobblestone128.derive(inputKey: inputKey, salt: salt, context: context)
    let key = derived.withUnsafeBytes {
      SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<16]))
    }
    cipher = AES128GCM(key: key, direction: direction)
    baseNonce = derived.withUnsafeBytes { bytes in AES128GCM.Nonce { bytes[16 + $0] } }
    commitment = derived.withUnsafeBytes { Array($0[28..<60]) }
  }

  /// Base nonce XOR chunk number, both as 96-bit big-endian numbers.
  mutating func nextNonce() -> AES128GCM.Nonce {
    var nonce = baseNonce
    for byte in 0..<8 { nonce[11 - byte] ^= UInt8(truncatingIfNeeded: index >> UInt64(8 * byte)) }
    index += 1
    return nonce
  }
}

/// Encrypts with Cobblestone-128, chunk by chunk.
public struct Cobblestone128Sealer: ~Copyable, @unchecked Sendable {
  // Sendable: everything is owned by this value alone.
  private var chunks: ChunkCipher
  /// Salt and commitment: the first 56 bytes of the output.
  public let header: [UInt8]

  /// An input key of 16 bytes that is used with a fresh random salt of 24 bytes.
  public init(
    inputKey: borrowing SecretBytes, context: [UInt8],
    salt: [UInt8] = SystemRandom.bytes(Cobblestone128.saltSize)
  ) {
    precondition(salt.count == Cobblestone128.saltSize)
    chunks = ChunkCipher(inputKey: inputKey, salt: salt, context: context, direction: .encrypt)
    header = salt + chunks.commitment
  }

  /// Seals one chunk into `plaintext.count + 16` bytes; only the last may, and must, be shorter than 16 KiB.
  public mutating func seal(
    chunk plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    chunks.cipher.seal(plaintext, nonce: chunks.nextNonce(), into: output)
  }
}

/// Decrypts Cobblestone-128, chunk by chunk.
public struct Cobblestone128Opener: ~Copyable, @unchecked Sendable {
  // Sendable: everything is owned by this value alone.
  private var chunks: ChunkCipher

  /// nil where the commitment is not of this key, salt and context. `header` has 56 bytes.
  public static func open(
    header: [UInt8], inputKey: borrowing SecretBytes, context: [UInt8]
  ) -> Cobblestone128Opener? {
    guard header.count == Cobblestone128.headerSize else { return nil }
    let opener = Cobblestone128Opener(
      salt: Array(header[..<Cobblestone128.saltSize]), inputKey: inputKey, context: context)
    guard constantTimeEqual(opener.chunks.commitment, header[Cobblestone128.saltSize...]) else {
      return nil
    }
    return opener
  }

  private init(salt: [UInt8], inputKey: borrowing SecretBytes, context: [UInt8]) {
    chunks = ChunkCipher(inputKey: inputKey, salt: salt, context: context, direction: .decrypt)
  }

  /// Opens one chunk, tag included, into `ciphertext.count - 16` bytes; false where it is not authentic.
  public mutating func open(
    chunk ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard ciphertext.count >= AES128GCM.tagSize else { return false }
    return chunks.cipher.open(ciphertext, nonce: chunks.nextNonce(), into: output)
  }
}
