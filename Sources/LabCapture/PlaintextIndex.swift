/// Windows of 32 bytes of the original image, to be looked for in any stream.
///
/// Windows begin at multiples of 32. Up to 2^20 of them are taken: all of an image up to 32 MiB,
/// evenly spread ones of a larger image. So any piece of `guaranteedRun` bytes of the image holds a
/// whole window, wherever the piece begins. Windows of one repeated byte are left out: they say
/// nothing of the image.
final class PlaintextIndex {
  static let windowSize = 32
  static let windowLimit = 1 << 20

  let imageBytes: UInt64
  /// Bytes from one window to the next.
  let step: Int
  /// Windows taken, equal ones counted each.
  private(set) var windows: UInt64 = 0
  private(set) var constantWindows: UInt64 = 0

  /// Every stretch of the image of that many bytes holds a window.
  var guaranteedRun: Int { step + Self.windowSize - 1 }
  var isEmpty: Bool { windows == 0 }

  private let file: StoredFile
  private let hash: WindowHash
  /// A bit for each value of a window's first 8 bytes; most bytes of any stream end here.
  private var filter: [UInt64]
  private let filterShift: UInt64
  /// Open addressing; 0 is an empty place.
  private var fingerprints: [UInt64]
  private var places: [UInt32]
  private let mask: Int

  init(path: String) throws(StoredFileError) {
    file = try StoredFile(path)
    imageBytes = UInt64(file.size)
    let total = file.size / Self.windowSize
    let every = max(1, (total + Self.windowLimit - 1) / Self.windowLimit)
    step = every * Self.windowSize
    let size = max(1024, (total / every * 2).roundedUpToPowerOfTwo)
    mask = size - 1
    fingerprints = Array(repeating: 0, count: size)
    places = Array(repeating: 0, count: size)
    let filterBits = min(size * 8, 1 << 24)
    filter = Array(repeating: 0, count: filterBits / 64)
    filterShift = UInt64(64 - filterBits.trailingZeroBitCount)
    hash = WindowHash()
    try fill()
  }

  private func fill() throws(StoredFileError) {
    var offset = 0
    while offset + Self.windowSize <= file.size {
      let bytes = try file.bytes(at: offset, count: Self.windowSize)
      guard bytes.count == Self.windowSize else { throw file.shrunk }
      insert(bytes, place: UInt32(offset / step))
      offset += step
    }
  }

  private func insert(_ window: UnsafeRawBufferPointer, place: UInt32) {
    guard let first = window.first, window.contains(where: { $0 != first }) else {
      constantWindows += 1
      return
    }
    windows += 1
    let bit = filterBit(window.loadUnaligned(as: UInt64.self))
    filter[bit >> 6] |= 1 << UInt64(bit & 63)
    let fingerprint = hash(window, at: 0)
    var slot = Int(truncatingIfNeeded: fingerprint) & mask
    while fingerprints[slot] != 0, fingerprints[slot] != fingerprint { slot = (slot + 1) & mask }
    guard fingerprints[slot] == 0 else { return }
    fingerprints[slot] = fingerprint
    places[slot] = place
  }

  private func filterBit(_ word: UInt64) -> Int { Int((word &* hash.keys.0) >> filterShift) }

  /// A window's place in some bytes and in the image.
  struct Match {
    var position: Int
    var imageOffset: UInt64
  }

  /// The first window in `bytes` that begins at `start` or after it. It is compared with the image
  /// itself, so chance equality of hashes makes no match.
  func firstMatch(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(StoredFileError) -> Match? {
    var position = start
    while let found = candidate(in: bytes, from: position) {
      let offset = Int(found.place) * step
      let window = try file.bytes(at: offset, count: Self.windowSize)
      if window.elementsEqual(bytes[found.position..<found.position + Self.windowSize]) {
        return Match(position: found.position, imageOffset: UInt64(offset))
      }
      position = found.position + 1
    }
    return nil
  }

  private func candidate(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> (position: Int, place: UInt32)? {
    let last = bytes.count - Self.windowSize
    guard start <= last else { return nil }
    let (key, shift) = (hash.keys.0, filterShift)
    return filter.withUnsafeBufferPointer { filter in
      var position = start
      while position <= last {
        let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let bit = Int(truncatingIfNeeded: (word &* key) >> shift)
        if filter[bit >> 6] & (1 << UInt64(bit & 63)) != 0,
          let place = place(of: hash(bytes, at: position))
        {
          return (position, place)
        }
        position += 1
      }
      return nil
    }
  }

  private func place(of fingerprint: UInt64) -> UInt32? {
    var slot = Int(truncatingIfNeeded: fingerprint) & mask
    while fingerprints[slot] != 0 {
      if fingerprints[slot] == fingerprint { return places[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }
}

/// A hash of 32 bytes, never 0, under random keys: nobody can make windows that collide.
struct WindowHash {
  let keys: (UInt64, UInt64, UInt64, UInt64)

  init() {
    keys = (
      .random(in: 0 ... .max) | 1, .random(in: 0 ... .max), .random(in: 0 ... .max),
      .random(in: 0 ... .max)
    )
  }

  func callAsFunction(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    let a = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let b = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
    let c = bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)
    let d = bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self)
    return max(1, mix(a ^ keys.0, b ^ keys.1) ^ mix(c ^ keys.2, d ^ keys.3))
  }

  private func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}

extension Int {
  var roundedUpToPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
