import PiCrypto

/// Encrypts an image piece by piece.
public struct ImageEncryptor: ~Copyable, Sendable {
  private var engine: EncryptionEngine
  /// To be sent before the first piece.
  public let prefix: [UInt8]

  /// Salt and counter block are fresh: nothing is ever encrypted twice under the same ones.
  init(cipher: Cipher, keys: borrowing SessionKeys) {
    switch cipher {
    case .aes128ECB:
      engine = .blocks(AES128(key: keys.image, mode: .ecb, direction: .encrypt), padded: true)
      prefix = []
    case .aes128CTR:
      prefix = SystemRandom.bytes(12) + [0, 0, 0, 0]
      engine = .blocks(
        AES128(key: keys.image, mode: .ctr(counterBlock: prefix), direction: .encrypt),
        padded: false)
    case .cobblestone128:
      let sealer = Cobblestone128Sealer(inputKey: keys.image, context: keys.transcript)
      prefix = sealer.header
      engine = .chunks(sealer)
    }
  }

  /// Encrypts a piece into `output`, which has `ImageLayout.pieceCapacity` bytes; returns the bytes written.
  public mutating func encrypt(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    engine.encrypt(piece, isLast: isLast, into: output)
  }
}

private enum EncryptionEngine: ~Copyable, Sendable {
  case blocks(AES128, padded: Bool)
  case chunks(Cobblestone128Sealer)

  mutating func encrypt(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    switch consume self {
    case .blocks(var cipher, let padded):
      let written = cipher.encrypt(piece, padded: padded && isLast, into: output)
      self = .blocks(cipher, padded: padded)
      return written
    case .chunks(var sealer):
      let written = sealer.seal(piece: piece, isLast: isLast, into: output)
      self = .chunks(sealer)
      return written
    }
  }
}

extension AES128 {
  fileprivate mutating func encrypt(
    _ piece: UnsafeRawBufferPointer, padded: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let whole = padded ? piece.count / Self.blockSize * Self.blockSize : piece.count
    update(UnsafeRawBufferPointer(rebasing: piece[..<whole]), into: output)
    guard padded else { return whole }
    let block = PKCS7.lastBlock(of: UnsafeRawBufferPointer(rebasing: piece[whole...]))
    block.withUnsafeBytes {
      update($0, into: UnsafeMutableRawBufferPointer(rebasing: output[whole...]))
    }
    return whole + block.count
  }
}

extension Cobblestone128Sealer {
  fileprivate mutating func seal(
    piece: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    var read = 0
    var written = 0
    // The last piece ends with a short chunk, empty if need be.
    while read < piece.count || isLast {
      let size = min(Cobblestone128.chunkSize, piece.count - read)
      seal(
        chunk: UnsafeRawBufferPointer(rebasing: piece[read..<(read + size)]),
        into: UnsafeMutableRawBufferPointer(rebasing: output[written...]))
      read += size
      written += size + AES128GCM.tagSize
      if size < Cobblestone128.chunkSize { break }
    }
    return written
  }
}

/// Decrypts an image piece by piece. What it returns of profile classic is not verified before the trailer is.
public struct ImageDecryptor: ~Copyable, Sendable {
  private var engine: DecryptionEngine

  /// `prefix` has `ImageLayout.prefixBytes` bytes.
  init(
    layout: ImageLayout, keys: borrowing SessionKeys, prefix: [UInt8]
  ) throws(ExchangeError) {
    switch layout.cipher {
    case .aes128ECB:
      let padding = Int(layout.ciphertextBytes - layout.plaintextBytes)
      engine = .blocks(AES128(key: keys.image, mode: .ecb, direction: .decrypt), padding: padding)
    case .aes128CTR:
      engine = .blocks(
        AES128(key: keys.image, mode: .ctr(counterBlock: prefix), direction: .decrypt),
        padding: 0)
    case .cobblestone128:
      guard
        let opener = Cobblestone128Opener.open(
          header: prefix, inputKey: keys.image, context: keys.transcript)
      else { throw ExchangeError.imageNotVerified }
      engine = .chunks(opener)
    }
  }

  /// Decrypts a piece into `output`, which has `ImageLayout.pieceCapacity` bytes; returns the bytes written.
  public mutating func decrypt(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) throws(ExchangeError) -> Int {
    guard let written = engine.decrypt(piece, isLast: isLast, into: output) else {
      throw .imageNotVerified
    }
    return written
  }
}

private enum DecryptionEngine: ~Copyable, Sendable {
  /// `padding` bytes end the last piece.
  case blocks(AES128, padding: Int)
  case chunks(Cobblestone128Opener)

  /// nil where padding or tag is wrong.
  mutating func decrypt(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    switch consume self {
    case .blocks(var cipher, let padding):
      cipher.update(piece, into: output)
      self = .blocks(cipher, padding: padding)
      guard padding > 0 && isLast else { return piece.count }
      // Not whatever length the padding claims: HEADER has said how long the image is.
      let plaintext = UnsafeRawBufferPointer(rebasing: output[..<piece.count])
      return PKCS7.isPadding(padding, atEndOf: plaintext) ? piece.count - padding : nil
    case .chunks(var opener):
      let written = opener.open(piece: piece, into: output)
      self = .chunks(opener)
      return written
    }
  }
}

extension Cobblestone128Opener {
  fileprivate mutating func open(
    piece: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var read = 0
    var written = 0
    while read < piece.count {
      let size = min(Cobblestone128.sealedChunkSize, piece.count - read)
      let chunk = UnsafeRawBufferPointer(rebasing: piece[read..<(read + size)])
      let room = UnsafeMutableRawBufferPointer(rebasing: output[written...])
      guard open(chunk: chunk, into: room) else { return nil }
      read += size
      written += size - AES128GCM.tagSize
    }
    return written
  }
}

/// PKCS#7 padding to blocks of 16 bytes (RFC 5652, section 6.3).
enum PKCS7 {
  /// The last block: the 0 to 15 bytes that are left, and the padding.
  static func lastBlock(of rest: UnsafeRawBufferPointer) -> [UInt8] {
    let padding = 16 - rest.count
    return Array(rest) + [UInt8](repeating: UInt8(padding), count: padding)
  }

  /// Whether the blocks end with exactly so many bytes of padding, 1 to 16.
  static func isPadding(_ count: Int, atEndOf blocks: UnsafeRawBufferPointer) -> Bool {
    (1...16).contains(count) && count <= blocks.count
      && blocks.suffix(count).allSatisfy { $0 == UInt8(count) }
  }
}

extension ExchangeError {
  /// One error for all causes, so that a peer learns nothing from which of them it was.
  static let imageNotVerified = ExchangeError(
    .integrityFailure, at: .image, "the image was changed on its way: it does not verify",
    hint: "nothing was stored under its final name; repeat the transfer")
}
