/// The files of the run that the traffic is compared with, absolute; nil where none was stored.
struct RunFiles {
  var original: String?
  var encrypted: String?
}

/// What is gathered about one direction while its bytes come by.
struct StreamInspector: StreamConsumer {
  private(set) var comparison: CiphertextComparison?
  private(set) var pattern: BlockPattern?
  private var parser = WireParser()
  private var search: PlaintextSearch?
  private let files: RunFiles
  private let isWanted: (WireHello) -> Bool

  var record: WireRecord { parser.record }

  /// - Parameters:
  ///   - search: nil where there is nothing to look for.
  ///   - isWanted: whether a sender's HELLO is of the exchange, so that its image is compared.
  init(search: PlaintextSearch?, files: RunFiles, isWanted: @escaping (WireHello) -> Bool) {
    self.search = search
    self.files = files
    self.isWanted = isWanted
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    search?.receive(bytes, at: offset)
    var position = 0
    while position < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      let start = offset + UInt64(position)
      let taken = parser.take(rest, at: start)
      if taken.isImage, let imageOffset = record.imageOffset {
        let image = UnsafeRawBufferPointer(rebasing: rest.prefix(taken.count))
        receiveImage(image, at: start - imageOffset)
      }
      position += taken.count
    }
  }

  mutating func gap(at offset: UInt64, count: UInt64) {
    search?.gap()
    let isInImage = parser.isInImage
    parser.gap(at: offset, count: count)
    guard isInImage, record.lostAt == nil, let imageOffset = record.imageOffset else { return }
    prepare()
    comparison?.gap(count)
    pattern?.gap(at: offset - imageOffset, count: count)
  }

  mutating func aside(_ bytes: UnsafeRawBufferPointer) { search?.aside(bytes) }

  private mutating func receiveImage(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    prepare()
    comparison?.receive(bytes, at: offset)
    pattern?.receive(bytes, at: offset)
  }

  private mutating func prepare() {
    guard comparison == nil, let hello = record.hello, isWanted(hello),
      let plain = record.imageBytes, let cipher = record.ciphertextBytes
    else { return }
    comparison = CiphertextComparison(path: files.encrypted)
    pattern = BlockPattern(
      cipher: hello.cipher, originalPath: files.original, plaintextBytes: plain,
      ciphertextBytes: cipher)
  }
}
