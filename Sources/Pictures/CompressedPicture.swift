import CJPEG

/// The compressed formats that a report draws.
package enum CompressedFormat {
  case png, jpeg

  package var name: String { self == .png ? "PNG" : "JPEG" }
  package var type: String { self == .png ? "image/png" : "image/jpeg" }

  /// - Throws: `PictureError`, in the decoding library's words.
  package func decode(_ bytes: [UInt8]) throws(PictureError) -> DecodedPicture {
    switch self {
    case .png:
      let picture = try Picture(png: bytes)
      return DecodedPicture(
        picture: picture, width: picture.width, height: picture.height, divisor: 1,
        orientation: Orientation(png: bytes), isForBrowsers: true)
    case .jpeg:
      let (picture, header) = try Picture.decode(jpeg: bytes)
      return DecodedPicture(
        picture: picture, width: Int(header.width), height: Int(header.height),
        divisor: header.divisor,
        orientation: Orientation(jpeg: bytes), isForBrowsers: !header.isCMYK)
    }
  }
}

/// What a file of a compressed format has.
package struct DecodedPicture {
  /// As stored, not turned; of a large JPEG at half its size or less.
  package var picture: Picture
  /// Pixels of a stored row.
  package var width: Int
  /// Stored rows.
  package var height: Int
  /// By which the picture's sides are smaller than the file's.
  package var divisor: Int
  package var orientation: Orientation
  /// Whether a browser shows the file as we would; the inks of CMYK look different in each.
  package var isForBrowsers: Bool
}

extension Picture {
  package struct JPEGHeader {
    var width: Int32 = 0
    var height: Int32 = 0
    var isCMYK = false
    /// Of both sides, that the picture can be held.
    var divisor = 1
  }

  /// Reads a JPEG file's bytes, at half its size or less where the whole would be too large to hold.
  package init(jpeg: [UInt8]) throws(PictureError) {
    self = try Self.decode(jpeg: jpeg).picture
  }

  package static func decode(
    jpeg: [UInt8]
  ) throws(PictureError) -> (picture: Picture, header: JPEGHeader) {
    guard let decoder = tjInitDecompress() else { throw .jpeg("no decoder could be made") }
    defer { tjDestroy(decoder) }
    var header = try header(jpeg, decoder)
    // The library takes any size up to its own multiplied by m/8, rounded up.
    var parts = 8
    func scaled(_ side: Int32) -> Int { (Int(side) * parts + 7) / 8 }
    while scaled(header.width) * scaled(header.height) > Self.pixelLimit, parts > 1 { parts /= 2 }
    let (columns, rows) = (scaled(header.width), scaled(header.height))
    guard columns * rows <= Self.pixelLimit else {
      throw .tooLarge(width: Int(header.width), height: Int(header.height))
    }
    header.divisor = 8 / parts
    let format = header.isCMYK ? TJPF_CMYK : TJPF_RGB
    var pixels = [UInt8](repeating: 0, count: columns * rows * (header.isCMYK ? 4 : 3))
    let status = tjDecompress2(
      decoder, jpeg, UInt(jpeg.count), &pixels, Int32(columns), 0, Int32(rows),
      Int32(format.rawValue), TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
    guard status == 0 else { throw Self.jpegError(decoder) }
    if header.isCMYK { pixels = rgb(ofInks: pixels) }
    let picture = try Picture(width: columns, height: rows, channels: .rgb, pixels: pixels)
    return (picture, header)
  }

  private static func header(
    _ jpeg: [UInt8], _ decoder: tjhandle
  ) throws(PictureError) -> JPEGHeader {
    var header = JPEGHeader()
    var (sampling, space) = (Int32(0), Int32(0))
    guard
      tjDecompressHeader3(
        decoder, jpeg, UInt(jpeg.count), &header.width, &header.height, &sampling, &space) == 0
    else { throw Self.jpegError(decoder) }
    guard header.width > 0, header.height > 0 else { throw .jpeg("it has no pixels") }
    header.isCMYK = [TJCS_CMYK.rawValue, TJCS_YCCK.rawValue].contains(UInt32(space))
    return header
  }

  /// Four inks as colours of light. In JPEG files 255 is no ink, as Adobe's programs write it and all readers
  /// take it. Without the inks' profile the colours are plausible, not exact.
  private static func rgb(ofInks pixels: [UInt8]) -> [UInt8] {
    var colours = [UInt8](repeating: 0, count: pixels.count / 4 * 3)
    for pixel in 0..<pixels.count / 4 {
      let black = Int(pixels[pixel * 4 + 3])
      for channel in 0..<3 {
        colours[pixel * 3 + channel] = UInt8((Int(pixels[pixel * 4 + channel]) * black + 127) / 255)
      }
    }
    return colours
  }

  private static func jpegError(_ decoder: tjhandle) -> PictureError {
    .jpeg(tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error")
  }

  /// Each pixel the average of `factor` by `factor` (fewer at the edges), so that it keeps the limits.
  package func reduced(_ limits: PictureLimits) throws(PictureError) -> Picture {
    let factor = limits.factor(width, height)
    guard factor > 1 else { return self }
    let count = channels.rawValue
    let (columns, rows) = ((width + factor - 1) / factor, (height + factor - 1) / factor)
    var sums = [UInt32](repeating: 0, count: columns * rows * count)
    pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<height {
        for x in 0..<width {
          let target = (y / factor * columns + x / factor) * count
          let source = (y * width + x) * count
          for channel in 0..<count { sums[target + channel] += UInt32(pixels[source + channel]) }
        }
      }
    }
    var result = [UInt8](repeating: 0, count: sums.count)
    for index in sums.indices {
      let pixel = index / count
      let samples =
        min(factor, width - pixel % columns * factor)
        * min(factor, height - pixel / columns * factor)
      result[index] = UInt8(Int(sums[index]) / samples)
    }
    return try Picture(width: columns, height: rows, channels: channels, pixels: result)
  }
}
