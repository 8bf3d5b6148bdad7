import CJPEG

/// The compressed formats that a report draws.
enum CompressedFormat {
  case png, jpeg

  var name: String { self == .png ? "PNG" : "JPEG" }
  var type: String { self == .png ? "image/png" : "image/jpeg" }

  /// - Throws: `PictureError`, in the decoding library's words.
  func decode(_ bytes: [UInt8]) throws(PictureError) -> Picture {
    switch self {
    case .png: try Picture(png: bytes)
    case .jpeg: try Picture(jpeg: bytes)
    }
  }
}

extension Picture {
  /// Reads a JPEG file's bytes, at half its size or less where the whole would be too large to hold.
  init(jpeg: [UInt8]) throws(PictureError) {
    guard let decoder = tjInitDecompress() else { throw .jpeg("no decoder could be made") }
    defer { tjDestroy(decoder) }
    var (width, height, sampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    guard
      tjDecompressHeader3(
        decoder, jpeg, UInt(jpeg.count), &width, &height, &sampling, &space) == 0
    else { throw Self.jpegError(decoder) }
    guard width > 0, height > 0 else { throw .jpeg("it has no pixels") }
    // The library takes any size up to its own multiplied by m/8, rounded up.
    var parts = 8
    func scaled(_ side: Int32) -> Int { (Int(side) * parts + 7) / 8 }
    while scaled(width) * scaled(height) > Self.pixelLimit, parts > 1 { parts /= 2 }
    let (columns, rows) = (scaled(width), scaled(height))
    guard columns * rows <= Self.pixelLimit else {
      throw .tooLarge(width: Int(width), height: Int(height))
    }
    var pixels = [UInt8](repeating: 0, count: columns * rows * 3)
    let status = tjDecompress2(
      decoder, jpeg, UInt(jpeg.count), &pixels, Int32(columns), 0, Int32(rows),
      Int32(TJPF_RGB.rawValue), TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
    guard status == 0 else { throw Self.jpegError(decoder) }
    try self.init(width: columns, height: rows, channels: .rgb, pixels: pixels)
  }

  private static func jpegError(_ decoder: tjhandle) -> PictureError {
    .jpeg(tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error")
  }

  /// Each pixel the average of `factor` by `factor` (fewer at the edges), so that it keeps both limits.
  func reduced(width limit: Int, area: Int) throws(PictureError) -> (picture: Picture, factor: Int)
  {
    var factor = max(1, (width + limit - 1) / limit)
    while (width / factor) * (height / factor) > area { factor += 1 }
    guard factor > 1 else { return (self, 1) }
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
    let picture = try Picture(width: columns, height: rows, channels: channels, pixels: result)
    return (picture, factor)
  }
}
