import CJPEG
import Foundation
import TestSupport
import Testing

@testable import LabReport
@testable import Pictures

/// Pictures as they are to be seen, whatever their files look like.
@Suite struct OrientationTests {
  /// Two rows of three: 1 2 3 / 4 5 6.
  private static let stored: [UInt8] = [1, 2, 3, 4, 5, 6]

  /// EXIF 2.32, table 6: where the stored row 0 and column 0 are seen.
  @Test(arguments: [
    (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]),
    (4, 3, [4, 5, 6, 1, 2, 3]), (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]),
    (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]),
  ])
  func turns(_ value: Int, width: Int, pixels: [UInt8]) throws {
    let picture = try Picture(width: 3, height: 2, channels: .grey, pixels: Self.stored)
    let seen = try picture.seen(#require(Orientation(rawValue: UInt16(value))))
    #expect(seen.width == width && seen.height == 6 / width && seen.pixels == pixels)
  }

  private func tiff(_ value: UInt8, isLittle: Bool, type: UInt8 = 3) -> [UInt8] {
    isLittle
      ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, type, 0, 1, 0, 0, 0, value, 0, 0, 0]
      : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, type, 0, 0, 0, 1, 0, value, 0, 0]
  }

  private func jpeg(_ tiff: [UInt8], before: [UInt8] = []) -> [UInt8] {
    let content = Array("Exif\0\0".utf8) + tiff
    return [0xFF, 0xD8] + before + [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
      + [0xFF, 0xDA, 0, 2]
  }

  @Test(arguments: [true, false])
  func readsBothByteOrders(isLittle: Bool) {
    for value in 1...8 {
      let file = jpeg(
        tiff(UInt8(value), isLittle: isLittle), before: [0xFF, 0xE0, 0, 4, 1, 2, 0xFF])
      #expect(Orientation(jpeg: file).rawValue == UInt16(value))
      // Whatever is cut off tells nothing and reads nothing that is not there.
      for length in 0..<file.count - 8 {
        #expect(Orientation(jpeg: Array(file.prefix(length))) == .upright)
      }
    }
    for bad: [UInt8] in [
      tiff(0, isLittle: isLittle), tiff(9, isLittle: isLittle),
      tiff(6, isLittle: isLittle, type: 4), [0x49, 0x49, 42, 0, 255, 255, 255, 255],
      [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 255, 255], Array("no TIFF".utf8),
    ] {
      #expect(Orientation(jpeg: jpeg(bad)) == .upright)
    }
  }

  @Test func readsAChunkOfPNG() throws {
    let png = try Picture(width: 3, height: 2, channels: .grey, pixels: Self.stored).png()
    let content = tiff(6, isLittle: true)
    let chunk =
      [0, 0, 0, UInt8(content.count)] + Array("eXIf".utf8) + content
      + [UInt8](repeating: 0, count: 4)
    #expect(Orientation(png: png) == .upright)
    // Behind the header's chunk.
    #expect(Orientation(png: Array(png.prefix(33)) + chunk + png.dropFirst(33)) == .turnedRight)
  }

  private func drawn(_ bytes: [UInt8]) throws -> (picture: Picture, caption: String) {
    let folder = try TemporaryFolder()
    let figure = FigureMaker().clear(path: try folder.write(bytes, to: "file"))
    guard case .image(let uri, let width, let height) = figure.content else {
      throw PictureError.png("absent: \(figure.caption)")
    }
    let base64 = try #require(uri.split(separator: ",").last)
    let data = [UInt8](try #require(Data(base64Encoded: String(base64))))
    let picture = try uri.hasPrefix("data:image/png") ? Picture(png: data) : Picture(jpeg: data)
    #expect(picture.width == width && picture.height == height)
    return (picture, figure.caption)
  }

  /// Red on the left, blue on the right, larger or smaller than the page; seen with red on top.
  @Test(arguments: [40, 1600])
  func photographsStandUpright(width: Int) throws {
    let row = (0..<width).flatMap { $0 < width / 2 ? [255, 0, 0] : [0, 0, 255] as [UInt8] }
    let ppm =
      Array("P6 \(width) \(width / 2) 255\n".utf8) + (0..<width / 2).flatMap { _ in row }
    let folder = try TemporaryFolder()
    let path = try folder.write(ppm, to: "p.ppm")
    let plain = try [UInt8](output(of: ["cjpeg", "-quality", "95", path], in: folder))
    let exif = jpeg(tiff(6, isLittle: false)).dropFirst(2).dropLast(4)
    let (picture, caption) = try drawn(Array(plain.prefix(2)) + exif + plain.dropFirst(2))
    #expect(picture.height >= picture.width * 2 - 2)
    #expect(caption.contains("\(width / 2) × \(width) pixels"))
    let last = picture.pixels.count - 3
    #expect(picture.pixels[0] > 240 && picture.pixels[2] < 15)
    #expect(picture.pixels[last] < 15 && picture.pixels[last + 2] > 240)
  }

  /// Pure cyan ink is light without red; in the file 255 is no ink.
  @Test func inksBecomeColours() throws {
    let encoder = try #require(tjInitCompress())
    defer { tjDestroy(encoder) }
    let inks = (0..<16 * 16).flatMap { _ in [0, 255, 255, 255] as [UInt8] }
    var (buffer, size): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    // The library stores it as YCCK.
    let status = tjCompress2(
      encoder, inks, 16, 0, 16, Int32(TJPF_CMYK.rawValue), &buffer, &size,
      Int32(TJSAMP_444.rawValue), 95, 0)
    #expect(status == 0)
    let file = Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
    tjFree(buffer)
    let picture = try drawn(file).picture
    #expect(picture.channels == .rgb)
    #expect(picture.pixels[0] < 8 && picture.pixels[1] > 247 && picture.pixels[2] > 247)
  }

  @Test(arguments: [
    ("P1\n# a comment\n3 2\n101\n0 1 0", [0, 255, 0, 255, 0, 255]),
    ("P2\r\n3\t2 15 #x\r\n0 5 10 15 10 5", [0, 85, 170, 255, 170, 85]),
    ("P2 2 1 65535\n65535 32768", [255, 127]),
    ("P3#c\n1 2\n255\n255 0\n0\n#in between\n0 0 255\n", [255, 0, 0, 0, 0, 255]),
  ])
  func drawsPlainNetpbm(_ text: String, pixels: [UInt8]) throws {
    let (picture, caption) = try drawn(Array(text.utf8))
    #expect(picture.pixels == pixels)
    #expect(caption.hasPrefix("Plain P"))
  }

  @Test(arguments: [
    "P1 2 1 1", "P1 2 1 12", "P2 2 1 9 1", "P2 1 1 9 10", "P2 1 1 0 0", "P3 1 1 255 1 2 x",
    "P2 99999999 1 1 1", "P3 60000 60000 255 1", "P2 # no end", "P2 0 1 255 ",
  ])
  func refusesPlainNetpbm(_ text: String) throws {
    let folder = try TemporaryFolder()
    let figure = FigureMaker().clear(path: try folder.write(Array(text.utf8), to: "file"))
    #expect(figure.content == .absent && !figure.caption.contains("none of"))
  }

  @Test func drawsBitsAndWords() throws {
    let bits = try drawn(Array("P4 10 1\n".utf8) + [0b1010_0000, 0b0100_0000]).picture
    #expect(bits.pixels == [0, 255, 0, 255, 255, 255, 255, 255, 255, 0])
    let words = try drawn(Array("P5 2 1 65535\n".utf8) + [0xFF, 0xFF, 0x80, 0]).picture
    #expect(words.pixels == [255, 127])
  }

  @Test func tallPicturesAreBounded() throws {
    let tall = try Picture(
      width: 20, height: 60_000, channels: .grey, pixels: .init(repeating: 9, count: 1_200_000))
    let png = try drawn(tall.png()).picture
    #expect(png.height == 953 && png.width == 1)
    let pgm = Array("P5 20 60000 255\n".utf8) + tall.pixels
    #expect(try drawn(pgm).picture == png)
    let folder = try TemporaryFolder()
    let path = try folder.write(pgm, to: "tall.pgm")
    guard
      case .image(_, 20, 960) = FigureMaker().encrypted(path: path, originalPath: path).content
    else {
      Issue.record("the encrypted picture is too tall")
      return
    }
  }
}
