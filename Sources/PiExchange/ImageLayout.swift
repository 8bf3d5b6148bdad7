import PiCrypto

/// How an image of a known length is cut into pieces and what they become on the wire.
///
/// A piece is what a pipeline handles at a time. All but the last hold `pieceSize` bytes of plaintext; the last holds
/// the rest, up to `pieceSize` and possibly nothing, and what ends the ciphertext: a padding block or the short chunk.
public struct ImageLayout: Sendable, Equatable {
  public let cipher: Cipher
  public let plaintextBytes: UInt64

  /// 512 KiB: whole blocks and whole chunks. Smaller pieces cost wake-ups, larger ones fall out of the cache.
  public static let pieceSize = 512 * 1024

  public init(cipher: Cipher, plaintextBytes: UInt64) {
    precondition(plaintextBytes <= Wire.maximumImageBytes)
    self.cipher = cipher
    self.plaintextBytes = plaintextBytes
  }

  /// What comes before the first piece: nothing, the counter block, or salt and commitment.
  public var prefixBytes: Int {
    switch cipher {
    case .aes128ECB: 0
    case .aes128CTR: AES128.blockSize
    case .cobblestone128: Cobblestone128.headerSize
    }
  }

  /// The whole on the wire and in a stored encrypted image.
  public var ciphertextBytes: UInt64 {
    let n = plaintextBytes
    switch cipher {
    case .aes128ECB: return 16 * (n / 16 + 1)
    case .aes128CTR: return 16 + n
    case .cobblestone128: return Cobblestone128.sealedSize(of: n)
    }
  }

  /// At least one.
  public var pieceCount: Int {
    max(1, Int((plaintextBytes + UInt64(Self.pieceSize) - 1) / UInt64(Self.pieceSize)))
  }

  /// Whether the piece is the last, which may be shorter than the others.
  public func isLast(_ index: Int) -> Bool { index == pieceCount - 1 }

  /// Bytes of the image in a piece.
  public func plaintextBytes(ofPiece index: Int) -> Int {
    isLast(index)
      ? Int(plaintextBytes - UInt64(index) * UInt64(Self.pieceSize)) : Self.pieceSize
  }

  /// Bytes of a piece as it goes over the wire.
  public func ciphertextBytes(ofPiece index: Int) -> Int {
    let before = UInt64(index) * UInt64(fullCiphertextPiece)
    return isLast(index)
      ? Int(ciphertextBytes - UInt64(prefixBytes) - before) : fullCiphertextPiece
  }

  private var fullCiphertextPiece: Int {
    cipher == .cobblestone128
      ? Self.pieceSize / Cobblestone128.chunkSize * Cobblestone128.sealedChunkSize : Self.pieceSize
  }

  /// Room that any piece needs, encrypted or decrypted: a full piece, its tags and what ends the ciphertext.
  public static let pieceCapacity =
    pieceSize + (pieceSize / Cobblestone128.chunkSize + 1) * AES128GCM.tagSize
}
