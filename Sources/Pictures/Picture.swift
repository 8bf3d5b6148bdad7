import CPNG

/// Pixels in memory, 8 bits a channel, rows from top to bottom without gaps.
package struct Picture: Sendable, Equatable {
  /// Samples a pixel.
  package enum Channels: Int, Sendable {
    case grey = 1
    case rgb = 3
    case rgba = 4
  }

  /// Largest picture that is ever held in memory: 16 Mi pixels, 64 MiB at most.
  package static let pixelLimit = 1 << 24

  package let width: Int
  package let height: Int
  package let channels: Channels
  /// `width * height * channels` bytes.
  package let pixels: [UInt8]

  package init(
    width: Int, height: Int, channels: Channels, pixels: [UInt8]
  ) throws(PictureError) {
    guard width > 0, height > 0, width <= Self.pixelLimit, height <= Self.pixelLimit,
      width * height <= Self.pixelLimit
    else { throw .tooLarge(width: width, height: height) }
    let expected = width * height * channels.rawValue
    guard pixels.count == expected else {
      throw .truncated(expected: expected, found: pixels.count)
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Reads a PNG file's bytes; 16-bit channels and palettes become 8-bit channels.
  package init(png: [UInt8]) throws(PictureError) {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    // libpng keeps the pointer between the two calls, so both run while the bytes are pinned.
    let result: Result<Picture, PictureError> = png.withUnsafeBytes { source in
      guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0
      else { return .failure(.png(Self.message(image))) }
      // Without a word on it, samples of 16 bits are what those of 8 bits are, as browsers have it, and not linear.
      image.flags |= Self.sixteenBitsAreSRGB
      return Result { () throws(PictureError) in try Self.finishRead(&image) }
    }
    self = try result.get()
  }

  /// The picture as the bytes of a PNG file.
  package func png() throws(PictureError) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = Self.format(channels)
    defer { png_image_free(&image) }
    var size = png_alloc_size_t(0)
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else {
      throw .png(Self.message(image))
    }
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else {
      throw .png(Self.message(image))
    }
    return bytes
  }

  private static func finishRead(_ image: inout png_image) throws(PictureError) -> Picture {
    let (width, height) = (Int(image.width), Int(image.height))
    guard width * height <= pixelLimit else { throw .tooLarge(width: width, height: height) }
    let channels = channels(of: image.format)
    image.format = format(channels)
    var pixels = [UInt8](repeating: 0, count: width * height * channels.rawValue)
    guard png_image_finish_read(&image, nil, &pixels, 0, nil) != 0 else {
      throw .png(message(image))
    }
    return try Picture(width: width, height: height, channels: channels, pixels: pixels)
  }

  // libpng's PNG_IMAGE_FLAG_16BIT_sRGB.
  private static let sixteenBitsAreSRGB: png_uint_32 = 4
  // libpng's PNG_FORMAT_FLAG_ALPHA and PNG_FORMAT_FLAG_COLOR, which Swift cannot import.
  private static let alphaFlag: png_uint_32 = 1
  private static let colourFlag: png_uint_32 = 2

  private static func format(_ channels: Channels) -> png_uint_32 {
    switch channels {
    case .grey: 0
    case .rgb: colourFlag
    case .rgba: colourFlag | alphaFlag
    }
  }

  private static func channels(of format: png_uint_32) -> Channels {
    if format & alphaFlag != 0 { return .rgba }
    return format & colourFlag != 0 ? .rgb : .grey
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Why a file gives no picture; each description is a sentence for the report.
package enum PictureError: Error, Equatable, CustomStringConvertible {
  case malformed(format: String, reason: String)
  case unsupported(format: String, reason: String)
  case tooLarge(width: Int, height: Int)
  /// Bytes.
  case truncated(expected: Int, found: Int)
  /// It has none of the formats.
  case unknown
  /// Its file is larger than what is decoded.
  case tooLong(bytes: Int)
  /// The file, not the picture; says which.
  case unreadable(String)
  /// In libpng's words.
  case png(String)
  /// In libjpeg-turbo's words.
  case jpeg(String)

  package var description: String {
    switch self {
    case .malformed(let format, let reason): "The \(format) file is malformed: \(reason)."
    case .unsupported(let format, let reason): "This kind of \(format) is not drawn: \(reason)."
    case .tooLarge(let width, let height): "\(width) × \(height) pixels are too many to draw."
    case .truncated(let expected, let found):
      "The file ends too early: its header announces \(expected) bytes, there are \(found)."
    case .unknown: "The file is not a PBM, PGM, PPM, BMP, PNG or JPEG."
    case .tooLong(let bytes):
      "The file has \(bytes) bytes, more than is decoded (\(PictureFile.decodeLimit))."
    case .unreadable(let reason): "\(reason)."
    case .png(let message): "The PNG file cannot be decoded: \(message)."
    case .jpeg(let message): "The JPEG file cannot be decoded: \(message)."
    }
  }
}
