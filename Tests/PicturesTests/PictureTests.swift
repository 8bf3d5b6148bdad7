import Foundation
import HostKit
import TestSupport
import Testing

@testable import Pictures

@Suite struct PictureTests {
  @Test(arguments: [Picture.Channels.grey, .rgb, .rgba])
  func pngRoundTrip(channels: Picture.Channels) throws {
    let bytes = (0..<7 * 5 * channels.rawValue).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    // Opaque, because libpng may change the colour of a fully transparent pixel.
    let pixels = bytes.enumerated().map { index, byte in
      channels == .rgba && index % 4 == 3 ? 255 : byte
    }
    let picture = try Picture(width: 7, height: 5, channels: channels, pixels: pixels)
    #expect(try Picture(png: picture.png()) == picture)
  }

  @Test func refusesImpossibleSizes() {
    #expect(throws: PictureError.truncated(expected: 12, found: 11)) {
      try Picture(width: 2, height: 2, channels: .rgb, pixels: .init(repeating: 0, count: 11))
    }
    for size in [(0, 1), (1, 0), (-1, 1), (Int.max, Int.max), (1 << 13, 1 << 12)] {
      #expect(throws: PictureError.tooLarge(width: size.0, height: size.1)) {
        try Picture(width: size.0, height: size.1, channels: .grey, pixels: [])
      }
    }
  }

  @Test func everyTruncationOfAPNGIsAnError() throws {
    let pixels = (0..<64 * 3).map { UInt8($0) }
    let png = try Picture(width: 8, height: 8, channels: .rgb, pixels: pixels).png()
    // Without its last chunk (12 bytes, no pixels) libpng still reads the picture.
    for length in 0..<png.count - 16 {
      #expect(throws: PictureError.self, "length \(length)") {
        try Picture(png: Array(png.prefix(length)))
      }
    }
  }

  @Test func pngWithHugeDimensionsIsRefusedBeforeItIsDecoded() throws {
    var png = try Picture(width: 1, height: 1, channels: .grey, pixels: [0]).png()
    png.replaceSubrange(16..<24, with: [0, 0, 0x80, 0, 0, 0, 0x80, 0])
    png.replaceSubrange(29..<33, with: crc32(png[12..<29]))
    #expect(throws: PictureError.tooLarge(width: 32768, height: 32768)) {
      try Picture(png: png)
    }
  }

  /// Of PNG's chunks, most significant byte first.
  private func crc32(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var value: UInt32 = .max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    value = ~value
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

@Suite struct PixelLayoutTests {
  static let ppm = SamplePicture.ppm
  static let pgm = Array("P5 3 2 100 ".utf8) + [0, 50, 100, 25, 75, 10]
  static let bmp = SamplePicture.bmp(width: 3, height: 2, bits: 24)

  private func layout(_ file: [UInt8]) throws -> PixelLayout? {
    try PixelLayout.parse(
      header: Array(file.prefix(PixelLayout.headerLimit)), fileSize: file.count)
  }

  private func draw(_ bytes: [UInt8], factor: Int = 1) throws -> Picture {
    let folder = try TemporaryFolder()
    let file = try FileBytes(folder.write(bytes, to: "file"))
    let layout = try #require(try layout(bytes))
    return try PixelFile.scaledDown(file, layout: layout, factor: factor)
  }

  @Test func readsPixelsOfEveryFormat() throws {
    #expect(try draw(Self.ppm).pixels == (0..<18).map { UInt8($0 * 10) })
    #expect(try draw(Self.pgm).pixels == [0, 127, 255, 63, 191, 25])
    let expected: [UInt8] = [200, 0, 0, 200, 0, 1, 200, 0, 2, 200, 1, 0, 200, 1, 1, 200, 1, 2]
    #expect(try draw(Self.bmp).pixels == expected)
    #expect(try draw(SamplePicture.bmp(width: 3, height: -2, bits: 24)).pixels == expected)
    #expect(try draw(SamplePicture.bmp(width: 3, height: 2, bits: 32)).pixels == expected)
  }

  @Test func scalingAveragesAlsoAtTheEdges() throws {
    let file = Array("P5 3 3 255\n".utf8) + [10, 20, 90, 30, 40, 110, 50, 70, 255]
    let picture = try draw(file, factor: 2)
    #expect(picture.width == 2)
    #expect(picture.pixels == [25, 100, 60, 255])
  }

  @Test(arguments: [ppm, pgm, bmp, SamplePicture.bmp(width: 5, height: 3, bits: 32)])
  func everyTruncationIsAnErrorOrNoPicture(file: [UInt8]) throws {
    #expect(try layout(file) != nil)
    #expect(try layout(Array(file.prefix(1))) == nil)
    for length in 2..<file.count {
      #expect(throws: PictureError.self, "length \(length)") {
        try layout(Array(file.prefix(length)))
      }
    }
  }

  @Test(arguments: [
    "P6 99999999999999999999 1 255\n", "P6 9999999 9999999 255\n", "P6 70000 1 255\n",
    "P6 0 5 255\n", "P6 -1 5 255\n", "P6 1 1 0\n", "P6 1 1 65536\n", "P4 0 1\n",
    "P61 1 255\n", "P6 1 1 255", "P6 1 1 255#", "P6 1x1 255\n", "P6\n# no end",
    "P6 60000 60000 255\n",
  ])
  func refusesNetpbmHeaders(header: String) {
    #expect(throws: PictureError.self) {
      try PixelLayout.parse(header: Array(header.utf8), fileSize: .max)
    }
  }

  @Test func refusesBMPHeaders() {
    let sizes: [(Int32, Int32)] = [
      (.max, .max), (.max, 1), (1, .min), (.min, 1), (0, 1), (1, 0), (60000, -60000),
    ]
    for (width, height) in sizes {
      var file = Self.bmp
      withUnsafeBytes(of: (width.littleEndian, height.littleEndian)) {
        file.replaceSubrange(18..<26, with: $0)
      }
      #expect(throws: PictureError.self, "\(width) × \(height)") {
        try PixelLayout.parse(header: file, fileSize: .max)
      }
    }
    // Offset into the header, planes, bits, compression, size of the information header.
    for (position, value) in [(10, 53), (26, 2), (28, 8), (30, 1), (14, 12)] as [(Int, UInt8)] {
      var file = Self.bmp
      file[position] = value
      #expect(throws: PictureError.self, "byte \(position)") { try layout(file) }
    }
    var file = Self.bmp
    file.replaceSubrange(10..<14, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(throws: PictureError.truncated(expected: 0xFFFF_FFFF + 24, found: file.count)) {
      try layout(file)
    }
  }

  @Test func otherFilesAreNoPictures() throws {
    #expect(try layout([]) == nil)
    #expect(try layout(Array("P3 1 1 255 0 0 0".utf8)) == nil)
    #expect(try layout([0x89, 0x50, 0x4E, 0x47]) == nil)
  }
}
