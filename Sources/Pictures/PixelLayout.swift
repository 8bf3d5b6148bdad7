/// Where the pixels of an uncompressed picture file lie. Parsed from bytes that nobody vouches for:
/// a layout exists only if every one of its rows lies inside the file.
package struct PixelLayout: Sendable, Equatable {
  /// Formats whose pixels lie in the file one after the other.
  package enum Format: String, Sendable {
    case pbm = "PBM"
    case pgm = "PGM"
    case ppm = "PPM"
    case bmp = "BMP"
  }

  /// Enough for any sensible header, comments included; more is refused, not read.
  package static let headerLimit = 4096
  /// 64 Mi pixels; a larger picture is named in a sentence, not drawn.
  package static let pixelLimit = 1 << 26
  package static let sideLimit = 1 << 16

  package let format: Format
  package let width: Int
  package let height: Int
  /// Offset of the first pixel in the file, bytes.
  package let offset: Int
  /// Whole bytes of a pixel; a pixel of a PBM is a bit, and counts as none.
  package let bytesPerPixel: Int
  /// From one row of the file to the next, bytes.
  package let stride: Int
  /// BMP stores its last row first unless its height is negative.
  package let isBottomUp: Bool
  /// Largest value of a channel, 1 to 65535; over 255 a channel has two bytes, the higher one first.
  package let maximum: Int

  /// End of the last row, bytes from the start of the file.
  package var end: Int { offset + stride * height }

  /// Offset of the row `y`, counted from the top of the picture.
  package func rowOffset(_ y: Int) -> Int {
    offset + stride * (isBottomUp ? height - 1 - y : y)
  }

  /// - Parameters:
  ///   - header: The file's first bytes, `headerLimit` of them or the whole file.
  ///   - fileSize: Bytes.
  /// - Returns: Nil where the file has none of the four formats.
  package static func parse(
    header: [UInt8], fileSize: Int
  ) throws(PictureError) -> PixelLayout? {
    let layout: PixelLayout
    if header.count > 1, header[0] == UInt8(ascii: "P"), (0x34...0x36).contains(header[1]) {
      layout = try parseNetpbm(header)
    } else if header.starts(with: [0x42, 0x4D]) {
      layout = try parseBMP(header)
    } else {
      return nil
    }
    guard layout.end <= fileSize else {
      throw .truncated(expected: layout.end, found: fileSize)
    }
    return layout
  }

  package init(
    format: Format, width: Int, height: Int, offset: Int, bytesPerPixel: Int, stride: Int,
    isBottomUp: Bool = false, maximum: Int = 255
  ) throws(PictureError) {
    guard width > 0, height > 0 else {
      throw .malformed(
        format: format.rawValue, reason: "it announces \(width) × \(height) pixels")
    }
    guard width <= Self.sideLimit, height <= Self.sideLimit, width * height <= Self.pixelLimit
    else { throw .tooLarge(width: width, height: height) }
    self.format = format
    self.width = width
    self.height = height
    self.offset = offset
    self.bytesPerPixel = bytesPerPixel
    self.stride = stride
    self.isBottomUp = isBottomUp
    self.maximum = maximum
  }
}

// MARK: - Netpbm (netpbm.sourceforge.net/doc/ppm.html)

extension PixelLayout {
  private static func parseNetpbm(_ header: [UInt8]) throws(PictureError) -> PixelLayout {
    let format: Format =
      switch header[1] {
      case 0x34: .pbm
      case 0x35: .pgm
      default: .ppm
      }
    var scanner = NetpbmScanner(bytes: header, position: 2, format: format)
    let width = try scanner.number("the width")
    let height = try scanner.number("the height")
    let maximum = format == .pbm ? 1 : try scanner.maximum()
    try scanner.oneSpace()
    let samples = format == .pbm ? 0 : format == .ppm ? 3 : 1
    let bytesPerPixel = samples * (maximum > 255 ? 2 : 1)
    return try PixelLayout(
      format: format, width: width, height: height, offset: scanner.position,
      bytesPerPixel: bytesPerPixel,
      stride: format == .pbm ? (width + 7) / 8 : width * bytesPerPixel, maximum: maximum)
  }
}

// MARK: - BMP (BITMAPFILEHEADER, BITMAPINFOHEADER)

extension PixelLayout {
  private static func parseBMP(_ header: [UInt8]) throws(PictureError) -> PixelLayout {
    guard header.count >= 54 else {
      throw .malformed(format: "BMP", reason: "its header is cut off")
    }
    func u16(_ at: Int) -> Int { Int(header[at]) | Int(header[at + 1]) << 8 }
    func u32(_ at: Int) -> Int { u16(at) | u16(at + 2) << 16 }
    func i32(_ at: Int) -> Int { Int(Int32(truncatingIfNeeded: u32(at))) }
    let (offset, infoSize, bits) = (u32(10), u32(14), u16(28))
    guard infoSize >= 40 else {
      throw .unsupported(format: "BMP", reason: "it has the header of OS/2")
    }
    guard u16(26) == 1 else {
      throw .malformed(format: "BMP", reason: "it announces \(u16(26)) planes")
    }
    guard bits == 24 || bits == 32, u32(30) == 0 else {
      throw .unsupported(
        format: "BMP", reason: "only 24 and 32 bits a pixel without compression are")
    }
    guard offset >= 14 + infoSize else {
      throw .malformed(format: "BMP", reason: "its pixels begin inside its header")
    }
    let (width, height) = (i32(18), i32(22))
    // Checked before the row length is computed from it; Int32.min has no Int32 magnitude.
    guard width > 0 else {
      throw .malformed(format: "BMP", reason: "it announces a width of \(width)")
    }
    return try PixelLayout(
      format: .bmp, width: width, height: abs(height), offset: offset,
      bytesPerPixel: bits / 8, stride: (width * bits + 31) / 32 * 4, isBottomUp: height > 0)
  }
}
