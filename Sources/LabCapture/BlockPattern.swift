import PiExchange

/// What the 16-byte blocks of the encrypted image on the wire show.
///
/// ECB: whether plaintext block to ciphertext block is a function, and injective. Other ciphers:
/// whether any block of ciphertext repeats.
struct BlockPattern {
  struct Counts {
    /// Whole blocks that came by.
    var blocks: UInt64 = 0
    /// Of these, blocks that were looked at.
    var examined: UInt64 = 0
    /// ECB: blocks whose plaintext was seen before with another ciphertext.
    var unequal: UInt64 = 0
    /// Other ciphers: blocks of ciphertext seen before.
    var repeated: UInt64 = 0
    /// ECB: examined blocks whose plaintext was seen before with the same ciphertext.
    var equalPairs: UInt64 = 0
  }

  static let blockSize = 16

  let isECB: Bool
  private(set) var counts = Counts()
  private(set) var failure: String?
  private var table: BlockTable
  private let original: StoredFile?
  private let plaintextBytes: UInt64
  /// The beginning of a block whose end is still to come.
  private var partial: [UInt8] = []
  /// Offset in the image from which whole blocks are taken again, after a gap.
  private var resumeAt: UInt64 = 0

  /// - Parameters:
  ///   - originalPath: needed for ECB alone.
  ///   - plaintextBytes: as HEADER announced them.
  init(cipher: Cipher, originalPath: String?, plaintextBytes: UInt64, ciphertextBytes: UInt64) {
    isECB = cipher == .aes128ECB
    self.plaintextBytes = plaintextBytes
    table = BlockTable(blocks: ciphertextBytes / UInt64(Self.blockSize))
    guard isECB else {
      original = nil
      return
    }
    do throws(StoredFileError) {
      guard let originalPath else {
        throw StoredFileError(path: "the original image", reason: "it is not in the run's files")
      }
      let file = try StoredFile(originalPath)
      guard UInt64(file.size) == plaintextBytes else {
        throw StoredFileError(path: originalPath, reason: "it is not as long as HEADER says")
      }
      original = file
    } catch {
      original = nil
      failure = error.sentence
    }
  }

  var distinct: UInt64 { UInt64(table.count) }
  /// One in so many blocks, chosen by value, was looked at.
  var every: UInt64 { table.every }
  /// ECB: blocks of plaintext that share their ciphertext with another one.
  var sharedCiphertexts: UInt64 { isECB ? table.sharedValues : 0 }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    guard failure == nil else { return }
    var position = 0
    // Towards the next border of a block, after a gap or with a beginning at hand.
    if !partial.isEmpty || offset < resumeAt {
      let border = partial.isEmpty ? Int(resumeAt - offset) : Self.blockSize - partial.count
      position = min(border, bytes.count)
      if !partial.isEmpty {
        partial += bytes.prefix(position)
        closePartial(end: offset + UInt64(position))
      }
    }
    while bytes.count - position >= Self.blockSize {
      let block = bytes.loadUnaligned(fromByteOffset: position, as: UInt128.self)
      take(block, at: offset + UInt64(position))
      position += Self.blockSize
    }
    if position < bytes.count { partial += bytes[position...] }
  }

  mutating func gap(at offset: UInt64, count: UInt64) {
    partial = []
    let size = UInt64(Self.blockSize)
    resumeAt = (offset + count + size - 1) / size * size
  }

  private mutating func closePartial(end: UInt64) {
    guard partial.count == Self.blockSize else { return }
    let block = partial.withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) }
    partial = []
    take(block, at: end - UInt64(Self.blockSize))
  }

  private mutating func take(_ ciphertext: UInt128, at offset: UInt64) {
    counts.blocks += 1
    guard isECB else {
      guard table.isChosen(ciphertext) else { return }
      counts.examined += 1
      if table.value(of: ciphertext, elseInsert: 0) != nil { counts.repeated += 1 }
      return
    }
    guard let plaintext = plaintext(at: offset), table.isChosen(plaintext) else { return }
    counts.examined += 1
    switch table.value(of: plaintext, elseInsert: ciphertext) {
    case nil: break
    case ciphertext: counts.equalPairs += 1
    default: counts.unequal += 1
    }
  }

  /// The block of the original that stands at an offset, the last one padded (PKCS#7).
  private mutating func plaintext(at offset: UInt64) -> UInt128? {
    guard let original else { return nil }
    do {
      let bytes = try original.bytes(at: Int(offset), count: Self.blockSize)
      if bytes.count == Self.blockSize { return bytes.loadUnaligned(as: UInt128.self) }
      let missing = Self.blockSize - bytes.count
      let padded = Array(bytes) + Array(repeating: UInt8(missing), count: missing)
      return padded.withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) }
    } catch {
      failure = error.sentence
      return nil
    }
  }
}
