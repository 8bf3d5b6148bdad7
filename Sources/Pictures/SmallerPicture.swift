import CJPEG

/// The same picture in fewer bytes.
extension Picture {
  /// As the bytes of a JPEG file, without loss that one sees; of one or three channels.
  package func jpeg() throws(PictureError) -> [UInt8] {
    guard let encoder = tjInitCompress() else { throw .jpeg("no encoder could be made") }
    defer { tjDestroy(encoder) }
    let isGrey = channels == .grey
    let format = isGrey ? TJPF_GRAY : channels == .rgb ? TJPF_RGB : TJPF_RGBA
    // Colours at full size, because plain areas have sharp edges.
    let sampling = isGrey ? TJSAMP_GRAY : TJSAMP_444
    var (file, size) = (UnsafeMutablePointer<UInt8>?.none, UInt(0))
    defer { tjFree(file) }
    let status = tjCompress2(
      encoder, pixels, Int32(width), 0, Int32(height), Int32(format.rawValue), &file, &size,
      Int32(sampling.rawValue), 90, 0)
    guard status == 0, let file else {
      throw .jpeg(tjGetErrorStr2(encoder).map { String(cString: $0) } ?? "unknown error")
    }
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }

  /// Each sample one of four, from black to white.
  package func inFourLevels() throws(PictureError) -> Picture {
    try Picture(
      width: width, height: height, channels: channels, pixels: pixels.map { ($0 >> 6) * 85 })
  }
}
