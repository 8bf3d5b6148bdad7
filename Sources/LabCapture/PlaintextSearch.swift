/// What the search for the image's windows found, over the whole capture.
final class PlaintextFindings {
  struct First {
    /// Address and port of the sender, for the wording.
    var place: String
    /// In the stream; nil in a packet that is part of none.
    var streamOffset: UInt64?
    var imageOffset: UInt64
  }

  /// Enough to refute; a transfer in clear would have one in each 32 bytes.
  static let limit: UInt64 = 4096

  private(set) var matches: UInt64 = 0
  private(set) var first: First?
  /// Bytes that were searched.
  private(set) var searched: UInt64 = 0
  private(set) var failure: StoredFileError?
  let index: PlaintextIndex

  init(_ index: PlaintextIndex) { self.index = index }

  private var isOver: Bool { matches >= Self.limit || failure != nil || index.isEmpty }

  func count(_ bytes: Int) { searched += UInt64(bytes) }

  /// Looks for windows in bytes that belong together.
  /// - Parameter streamOffset: that of the first byte; nil outside of streams.
  func search(_ bytes: UnsafeRawBufferPointer, streamOffset: UInt64?, place: () -> String) {
    var position = 0
    while !isOver {
      do {
        guard let match = try index.firstMatch(in: bytes, from: position) else { return }
        matches += 1
        if first == nil {
          first = First(
            place: place(), streamOffset: streamOffset.map { $0 + UInt64(match.position) },
            imageOffset: match.imageOffset)
        }
        position = match.position + PlaintextIndex.windowSize
      } catch {
        failure = error
      }
    }
  }
}

/// Searches one stream, across the borders of its segments.
struct PlaintextSearch {
  private let findings: PlaintextFindings
  private let place: () -> String
  /// The last bytes so far, one fewer than a window.
  private var tail: [UInt8] = []

  private static let overlap = PlaintextIndex.windowSize - 1

  init(_ findings: PlaintextFindings, place: @escaping () -> String) {
    self.findings = findings
    self.place = place
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    findings.count(bytes.count)
    if !tail.isEmpty {
      // Too short for a window that begins in `bytes`, so none is found twice.
      let border = tail + bytes.prefix(Self.overlap)
      border.withUnsafeBytes {
        findings.search($0, streamOffset: offset - UInt64(tail.count), place: place)
      }
    }
    findings.search(bytes, streamOffset: offset, place: place)
    tail =
      bytes.count >= Self.overlap
      ? Array(bytes.suffix(Self.overlap)) : (tail + bytes).suffix(Self.overlap)
  }

  /// Bytes on either side of a gap are not neighbours.
  mutating func gap() { tail = [] }

  func aside(_ bytes: UnsafeRawBufferPointer) {
    findings.count(bytes.count)
    findings.search(bytes, streamOffset: nil, place: place)
  }
}
