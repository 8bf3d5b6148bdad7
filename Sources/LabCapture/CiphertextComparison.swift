/// Compares the encrypted image on the wire with the stored one, byte by byte.
struct CiphertextComparison {
  private let file: StoredFile?
  private(set) var compared: UInt64 = 0
  private(set) var missing: UInt64 = 0
  /// Offset in the image.
  private(set) var firstDifference: UInt64?
  private(set) var failure: String?

  var storedBytes: UInt64? { file.map { UInt64($0.size) } }

  /// - Parameter path: nil where no encrypted image was stored.
  init(path: String?) {
    guard let path else {
      file = nil
      failure = "no encrypted image was stored"
      return
    }
    do {
      file = try StoredFile(path)
    } catch {
      file = nil
      failure = error.sentence
    }
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    guard let file, failure == nil, firstDifference == nil else { return }
    do {
      if let difference = try file.firstDifference(from: bytes, at: Int(offset)) {
        firstDifference = UInt64(difference)
      } else {
        compared += UInt64(bytes.count)
      }
    } catch {
      failure = error.sentence
    }
  }

  mutating func gap(_ count: UInt64) { missing += count }
}
