import CJPEG
import Foundation
import TestSupport
import Testing

@testable import Pictures

/// Pictures of every format as the pixels that are sent.
@Suite struct PixelConversionTests {
  private func convert(
    _ bytes: [UInt8], width: Int = 640, colours: Int? = nil
  ) throws -> (conversion: PixelConversion, pixels: [UInt8]) {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "file")
    let conversion = try PixelConversion(path: path, width: width, colours: colours)
    let header = Array("P6\n\(conversion.width) \(conversion.height)\n255\n".utf8)
    #expect(conversion.ppm.starts(with: header))
    #expect(conversion.ppm.count == header.count + conversion.width * conversion.height * 3)
    return (conversion, Array(conversion.ppm.dropFirst(header.count)))
  }

  private static func base64(_ text: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: text)))
  }

  /// Written by other programs' rules, by hand and zlib: two rows of red, green and blue, white.
  @Test(arguments: SamplePNG.all)
  func png(sample: SamplePNG) throws {
    let (conversion, pixels) = try convert(Self.base64(sample.base64))
    #expect(conversion.source.format == "PNG")
    #expect(conversion.width == 2 && conversion.height == 2)
    #expect(pixels == sample.pixels, "\(sample.name)")
  }

  @Test(arguments: [false, true])
  func jpeg(isProgressive: Bool) throws {
    let file = try Self.jpeg(width: 64, height: 40, isProgressive: isProgressive)
    // The frame's marker says which of the two it is.
    let frame: [UInt8] = [0xFF, isProgressive ? 0xC2 : 0xC0]
    #expect(file.indices.dropLast().contains { Array(file[$0...$0 + 1]) == frame })
    let (conversion, pixels) = try convert(file)
    #expect(conversion.source.format == "JPEG")
    #expect(conversion.width == 64 && conversion.height == 40)
    let corner = Array(pixels.prefix(3)).map(Int.init)
    #expect(abs(corner[0] - 200) < 6 && abs(corner[1] - 40) < 6 && abs(corner[2] - 90) < 6)
  }

  @Test func turnsAsEXIFSays() throws {
    let file = try Self.jpeg(width: 64, height: 40, isProgressive: false)
    let tiff: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,
    ]
    let exif = Array("Exif\0\0".utf8) + tiff
    let turned = file.prefix(2) + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + file.dropFirst(2)
    let conversion = try convert(Array(turned)).conversion
    #expect(conversion.source.width == 40 && conversion.source.height == 64)
    #expect(conversion.width == 40 && conversion.height == 64)
  }

  @Test func netpbmAndBMP() throws {
    let six: [UInt8] = [0, 60, 120, 180, 240, 255]
    let ppm = Array("P6 2 1 255\n".utf8) + six
    #expect(try convert(ppm).pixels == six)
    #expect(try convert(Array("P3 2 1 255 0 60 120 180 240 255".utf8)).pixels == six)
    #expect(try convert(Array("P5 2 1 255\n".utf8) + [7, 9]).pixels == [7, 7, 7, 9, 9, 9])
    #expect(try convert(Array("P4 2 1\n".utf8) + [0x80]).pixels == [0, 0, 0, 255, 255, 255])
    let bmp: [UInt8] = SamplePicture.bmp(width: 2, height: 1, bits: 24)
    let (conversion, pixels) = try convert(bmp)
    #expect(conversion.source.format == "BMP" && pixels == [200, 0, 0, 200, 0, 1])
  }

  // MARK: - Scaling and colours

  @Test func neverLarger() throws {
    let conversion = try convert(Array("P5 3 2 255\n".utf8) + [1, 2, 3, 4, 5, 6]).conversion
    #expect(conversion.width == 3 && conversion.height == 2)
  }

  @Test func pixelsAreAveragesOfTheirAreas() throws {
    let file = Array("P5 3 2 255\n".utf8) + [0, 90, 240, 30, 60, 120]
    // (0·2+90·1)/3 = 30 and (90·1+240·2)/3 = 190; 40 and 100; one row: their means.
    #expect(try convert(file, width: 2).pixels == [35, 35, 35, 145, 145, 145])
    let picture = try Picture(
      width: 7, height: 5, channels: .rgb, pixels: .init(repeating: 77, count: 105))
    for columns in 1...7 {
      #expect(Set(try picture.scaled(toWidth: columns).pixels) == [77])
    }
  }

  @Test(arguments: [2, 16, 256])
  func fewColours(most: Int) throws {
    var pixels: [UInt8] = []
    for index in 0..<90 * 60 {
      pixels.append(UInt8(index % 90 * 2))
      pixels.append(UInt8(index / 90 * 4))
      pixels.append(UInt8(index % 251))
    }
    let picture = try Picture(width: 90, height: 60, channels: .rgb, pixels: pixels)
    let few = try picture.reduced(toColours: most)
    let colours = Set(
      stride(from: 0, to: few.pixels.count, by: 3).map {
        Array(few.pixels[$0..<$0 + 3])
      })
    #expect((2...most).contains(colours.count))
    #expect(try picture.reduced(toColours: most) == few)
  }

  @Test func pictureOfFewerColoursKeepsThem() throws {
    let pixels: [UInt8] = [0, 0, 0, 255, 255, 255, 9, 99, 200, 0, 0, 0]
    let picture = try Picture(width: 4, height: 1, channels: .rgb, pixels: pixels)
    #expect(try picture.reduced(toColours: 16) == picture)
  }

  /// Specks break the runs of equal pixels that make equal blocks; an edge stays where it is.
  @Test func specksGo() throws {
    var pixels: [UInt8] = []
    for index in 0..<56 * 40 {
      let (x, y) = (index % 56, index / 56)
      // Two halves of close shades each, and in both a speck of the other every seventh row and column.
      let isBright = (x < 28) != (x % 7 == 3 && y % 7 == 3)
      let shade = (isBright ? 200 : 40) + UInt8(index % 4) * 8
      pixels += [shade, shade, shade]
    }
    let few = try Picture(width: 56, height: 40, channels: .rgb, pixels: pixels)
      .reduced(toColours: 2)
    let halves = (0..<56 * 40).map { few.pixels[$0 * 3] > 128 }
    #expect(halves == (0..<56 * 40).map { $0 % 56 < 28 })
  }

  // MARK: - Refused

  @Test func refusesWhatIsNoPicture() throws {
    for bytes in [Array("GIF89a".utf8), [], Array("RIFF....WEBP".utf8)] {
      #expect(throws: PictureError.unknown) { try convert(bytes) }
    }
    let jpeg = try Self.jpeg(width: 64, height: 40, isProgressive: false)
    for length in [3, 20, jpeg.count / 2, jpeg.count - 20] {
      #expect(throws: PictureError.self) { try convert(Array(jpeg.prefix(length))) }
    }
    #expect(throws: PictureError.self) { try convert(Array("P6 9000 9000 255\n".utf8)) }
  }

  @Test func refusesMoreBytesThanAreDecoded() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([0xFF, 0xD8, 0xFF], to: "file")
    let size = PictureFile.decodeLimit + 1
    #expect(truncate(path, size) == 0)
    #expect(throws: PictureError.tooLong(bytes: size)) {
      try PixelConversion(path: path, width: 640, colours: nil)
    }
  }

  @Test func largeUncompressedPictureIsReadSmaller() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("P5 8000 5000 255\n".utf8), to: "file")
    #expect(truncate(path, 17 + 40_000_000) == 0)
    let file = try PictureFile(path: path)
    #expect(file.width == 8000 && file.picture.width == 4000 && file.picture.height == 2500)
  }

  static func jpeg(width: Int32, height: Int32, isProgressive: Bool) throws -> [UInt8] {
    let encoder = try #require(tjInitCompress())
    defer { tjDestroy(encoder) }
    let pixels = (0..<Int(width * height)).flatMap { _ in [200, 40, 90] as [UInt8] }
    var (file, size) = (UnsafeMutablePointer<UInt8>?.none, UInt(0))
    defer { tjFree(file) }
    let flags = isProgressive ? TJFLAG_PROGRESSIVE : 0
    let status = tjCompress2(
      encoder, pixels, width, 0, height, Int32(TJPF_RGB.rawValue), &file, &size,
      Int32(TJSAMP_420.rawValue), 90, flags)
    try #require(status == 0)
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }
}
