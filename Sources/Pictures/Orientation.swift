/// How the pixels of a file must be turned to be seen upright: EXIF's tag 0x0112.
package enum Orientation: UInt16, CaseIterable {
  case upright = 1
  case mirrored
  case halfTurned
  case flipped
  case transposed
  case turnedRight
  case transversed
  case turnedLeft

  /// Whether width and height change places.
  package var swapsSides: Bool { rawValue >= Orientation.transposed.rawValue }

  /// Where the pixel that is seen at (x, y) lies in a file of `width` by `height`.
  package func source(_ x: Int, _ y: Int, width: Int, height: Int) -> (x: Int, y: Int) {
    switch self {
    case .upright: (x, y)
    case .mirrored: (width - 1 - x, y)
    case .halfTurned: (width - 1 - x, height - 1 - y)
    case .flipped: (x, height - 1 - y)
    case .transposed: (y, x)
    case .turnedRight: (y, height - 1 - x)
    case .transversed: (width - 1 - y, height - 1 - x)
    case .turnedLeft: (width - 1 - y, x)
    }
  }
}

extension Picture {
  /// The picture as it shall be seen.
  package func seen(_ orientation: Orientation) throws(PictureError) -> Picture {
    guard orientation != .upright else { return self }
    let (columns, rows) = orientation.swapsSides ? (height, width) : (width, height)
    let size = channels.rawValue
    var turned: [UInt8] = []
    turned.reserveCapacity(pixels.count)
    for y in 0..<rows {
      for x in 0..<columns {
        let source = orientation.source(x, y, width: width, height: height)
        let start = (source.y * width + source.x) * size
        turned += pixels[start..<start + size]
      }
    }
    return try Picture(width: columns, height: rows, channels: channels, pixels: turned)
  }
}

// MARK: - Where files tell it

/// Bytes that nobody vouches for: whatever is cut off or makes no sense tells nothing, so the picture is upright.
extension Orientation {
  /// By the first EXIF segment before the pixels (CIPA DC-008, 4.5.4).
  package init(jpeg: [UInt8]) {
    self = .upright
    var position = 2
    while position + 4 <= jpeg.count, jpeg[position] == 0xFF {
      let marker = jpeg[position + 1]
      switch marker {
      // Fill bytes, and markers without a length.
      case 0xFF: position += 1
      case 0x01, 0xD0...0xD7: position += 2
      // Pixels follow, or nothing.
      case 0xDA, 0xD9: return
      default:
        let length = Int(jpeg[position + 2]) << 8 | Int(jpeg[position + 3])
        let end = position + 2 + length
        guard length >= 2, end <= jpeg.count else { return }
        let content = jpeg[position + 4..<end]
        if marker == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) {
          self = Self.read(tiff: content.dropFirst(6)) ?? .upright
          return
        }
        position = end
      }
    }
  }

  /// By the first chunk `eXIf` (PNG, third edition, 11.3.3.5); it may stand behind the pixels.
  package init(png: [UInt8]) {
    self = .upright
    var position = 8
    while position + 12 <= png.count {
      let length = png[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 12 + length
      guard end <= png.count else { return }
      let content = png[position + 8..<end - 4]
      if png[position + 4..<position + 8].elementsEqual("eXIf".utf8) {
        self = Self.read(tiff: content) ?? .upright
        return
      }
      position = end
    }
  }

  /// From the first directory of a TIFF structure in either byte order.
  private static func read(tiff: ArraySlice<UInt8>) -> Orientation? {
    let isLittle: Bool
    switch Array(tiff.prefix(4)) {
    case [0x49, 0x49, 42, 0]: isLittle = true
    case [0x4D, 0x4D, 0, 42]: isLittle = false
    default: return nil
    }
    func number(_ offset: Int, _ size: Int) -> Int? {
      guard offset >= 0, offset + size <= tiff.count else { return nil }
      let start = tiff.startIndex + offset
      let bytes = tiff[start..<start + size]
      return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      let place = directory + 2 + entry * 12
      guard let tag = number(place, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // One number of 16 bits, as browsers want it.
      guard number(place + 2, 2) == 3, number(place + 4, 4) == 1, let value = number(place + 8, 2)
      else { return nil }
      return Orientation(rawValue: UInt16(value))
    }
    return nil
  }
}
