import Foundation
import HostKit
import ResultSamples
import TestSupport
import Testing

@testable import LabReport
@testable import Pictures

@Suite struct FigureTests {
  private func picture(_ figure: ReportFigure) throws -> Picture {
    guard case .image(let uri, _, _) = figure.content else {
      throw PictureError.png("absent: \(figure.caption)")
    }
    let base64 = try #require(uri.split(separator: ",").last)
    let bytes = try [UInt8](#require(Data(base64Encoded: String(base64))))
    return uri.hasPrefix("data:image/jpeg") ? try Picture(jpeg: bytes) : try Picture(png: bytes)
  }

  @Test func encryptedBytesStandWhereThePixelsWere() throws {
    let folder = try TemporaryFolder()
    try Fixture.openssl("aes-128-ecb", from: Fixture.horse, to: "horse.enc", in: folder)
    let encrypted = try picture(
      FigureMaker().encrypted(path: folder.path("horse.enc"), originalPath: Fixture.horse))
    let original = try picture(FigureMaker().clear(path: Fixture.horse))
    #expect(encrypted.width == 400 && encrypted.height == 328)
    #expect(encrypted.pixels == Array(try folder.read("horse.enc")[15..<393_615]))
    #expect(original.pixels == Array(try Data(contentsOf: URL(filePath: Fixture.horse))[15...]))

    // White blocks, at the file's block boundaries, all carry one ciphertext block: the leak.
    let white = [UInt8](repeating: 255, count: 16)
    var seen: Set<[UInt8]> = []
    for block in stride(from: 16 - 15, to: original.pixels.count - 16, by: 16)
    where Array(original.pixels[block..<block + 16]) == white {
      seen.insert(Array(encrypted.pixels[block..<block + 16]))
    }
    #expect(seen.count == 1)
  }

  @Test func largePicturesAreCroppedWhenEncryptedAndScaledWhenNot() throws {
    let folder = try TemporaryFolder()
    let body = (0..<1300 * 700).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
    let path = try folder.write(Array("P5 1300 700 255\n".utf8) + body, to: "big.pgm")
    let encrypted = FigureMaker().encrypted(path: path, originalPath: path)
    let drawn = try picture(encrypted)
    #expect((drawn.width, drawn.height) == (640, 480))
    let (x, y) = (330, 110)
    #expect(Array(drawn.pixels.prefix(640)) == Array(body[(y * 1300 + x)...].prefix(640)))
    #expect(encrypted.caption.contains("the middle 640 × 480 of 1300 × 700 pixels"))
    let clear = FigureMaker().clear(path: path)
    let scaled = try picture(clear)
    #expect((scaled.width, scaled.height) == (434, 234))
    #expect(clear.caption.contains("1/3 of its size"))
  }

  @Test func otherFilesBecomeNoise() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let figure = FigureMaker().encrypted(
      path: try folder.write(bytes, to: "noise"), originalPath: nil)
    let drawn = try picture(figure)
    #expect((drawn.width, drawn.height, drawn.channels) == (31, 32, .grey))
    #expect(drawn.pixels == Array(bytes.prefix(31 * 32)))
    #expect(figure.caption == "The first 992 of 1 000 encrypted bytes, one grey pixel each.")
    for size in 1...40 {
      let path = try folder.write(Array(bytes.prefix(size)), to: "noise")
      _ = try picture(FigureMaker().encrypted(path: path, originalPath: nil))
    }
  }

  @Test func embedsSmallPNGAsItIs() throws {
    let folder = try TemporaryFolder()
    let png = try Picture(width: 2, height: 1, channels: .rgb, pixels: [1, 2, 3, 4, 5, 6]).png()
    let figure = FigureMaker().clear(path: try folder.write(png, to: "small.png"))
    let uri = "data:image/png;base64,\(Data(png).base64EncodedString())"
    #expect(figure.content == .image(dataURI: uri, width: 2, height: 1))
  }

  /// A PNG of more than 1 MiB, too wide for the page.
  @Test func drawsLargePNGSmaller() throws {
    let folder = try TemporaryFolder()
    var state: UInt32 = 1
    let pixels = (0..<1500 * 400 * 3).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    let png = try Picture(width: 1500, height: 400, channels: .rgb, pixels: pixels).png()
    #expect(png.count > FigureMaker.embedLimit)
    let figure = FigureMaker().clear(path: try folder.write(png, to: "large.png"))
    let drawn = try picture(figure)
    #expect(drawn.width == 500 && drawn.height == 134)
    #expect(figure.caption.contains("1500 × 400 pixels, drawn at 1/3 of its size"))
    // The average of nine, as a pixel of the middle has it.
    let sum = (0..<3).reduce(0) { sum, y in
      sum + (0..<3).reduce(0) { $0 + Int(pixels[((30 + y) * 1500 + 60 + $1) * 3]) }
    }
    let reduced = try Picture(png: png).reduced(PictureLimits(area: FigureMaker.areaLimits[0]))
    #expect(reduced.pixels[(10 * 500 + 20) * 3] == UInt8(sum / 9))
  }

  /// Encoded by cjpeg, which is not the library's interface that decodes it.
  @Test func drawsJPEG() throws {
    let folder = try TemporaryFolder()
    let jpeg = try [UInt8](output(of: ["cjpeg", "-quality", "95", Fixture.horse], in: folder))
    let small = FigureMaker().clear(path: try folder.write(jpeg, to: "horse.jpg"))
    guard case .image(let uri, 400, 328) = small.content else {
      Issue.record("\(small)")
      return
    }
    #expect(uri.hasPrefix("data:image/jpeg;base64,"))
    // Larger than may be embedded: what follows the picture in the file is no part of it.
    let padded = jpeg + [UInt8](repeating: 0, count: FigureMaker.embedLimit)
    let large = try picture(FigureMaker().clear(path: try folder.write(padded, to: "large.jpg")))
    let file = try FileBytes(Fixture.horse)
    let header = try file.read(at: 0, count: PixelLayout.headerLimit)
    let layout = try #require(try PixelLayout.parse(header: header, fileSize: file.size))
    let original = try PixelFile.scaledDown(file, layout: layout, factor: 1)
    #expect(large.width == 400 && large.height == 328)
    let distance = zip(large.pixels, original.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(distance / original.pixels.count < 8)
    for limit in FigureMaker.areaLimits {
      let maker = FigureMaker(areaLimit: limit)
      let reduced = maker.clear(path: folder.path("large.jpg"))
      guard case .image(_, let width, let height) = reduced.content else {
        Issue.record("\(reduced)")
        continue
      }
      #expect(width * height <= limit * 11 / 10)
    }
  }

  @Test func whatCannotBeDrawnGetsASentence() throws {
    let folder = try TemporaryFolder()
    let large: [UInt8] = [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 0, count: 3_000_000)
    let huge = try folder.write([0xFF, 0xD8, 0xFF], to: "huge.jpg")
    #expect(truncate(huge, off_t(PictureFile.decodeLimit + 1)) == 0)
    let cases: [(path: String, sentence: String)] = [
      (folder.path("absent"), "No such file or directory"),
      (folder.url.path, "not a regular file"),
      (try folder.write([], to: "empty"), "not a PBM, PGM, PPM, BMP, PNG or JPEG"),
      (try folder.write(Array("P6 4000 4000 255\n".utf8), to: "cut.ppm"), "ends too early"),
      (try folder.write(Array("P6 x".utf8), to: "bad.ppm"), "malformed"),
      (try folder.write(large, to: "large.jpg"), "The JPEG file cannot be decoded"),
      (huge, "more than is drawn"),
      (
        try folder.write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], to: "cut.png"),
        "cannot be decoded"
      ),
    ]
    for (path, sentence) in cases {
      let figure = FigureMaker().clear(path: path)
      #expect(figure.content == .absent)
      #expect(figure.caption.contains(sentence), "\(figure.caption)")
    }
    let empty = FigureMaker().encrypted(path: folder.path("empty"), originalPath: nil)
    #expect(empty.content == .absent)
  }

  @Test func aPipeIsRefusedAndNotWaitedFor() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(FigureMaker().clear(path: folder.path("pipe")).caption.contains("not a regular file"))
  }
}

@Suite struct BlockStatisticsTests {
  @Test func electronicCodebookKeepsTheOriginalsRepeats() throws {
    let folder = try TemporaryFolder()
    try Fixture.openssl("aes-128-ecb", from: Fixture.horse, to: "ecb", in: folder)
    try Fixture.openssl("aes-128-ctr", from: Fixture.horse, to: "ctr", in: folder)
    let horse = [UInt8](try Data(contentsOf: URL(filePath: Fixture.horse)))
    var blocks: Set<[UInt8]> = []
    for block in 0..<24_600 { blocks.insert(Array(horse[block * 16..<block * 16 + 16])) }

    let original = try BlockStatistics(path: Fixture.horse)
    let ecb = try BlockStatistics(path: folder.path("ecb"))
    let ctr = try BlockStatistics(path: folder.path("ctr"))
    #expect(original.blocks == 24_600)
    #expect(original.repeated == UInt64(24_600 - blocks.count))
    #expect(ecb.blocks == 24_601 && !ecb.isSampled)
    #expect(ecb.repeated == original.repeated)
    #expect(ecb.repeated > 20_000)
    #expect(ctr.repeated == 0)
    #expect(
      Wording.blocks(ecb, original: original)
        == "93 % of the 24 601 ciphertext blocks (22 960) repeat an earlier one, as 93 % of the"
        + " original's do.")
    #expect(
      Wording.blocks(ctr, original: original)
        == "None of the 24 600 ciphertext blocks repeats an earlier one, though 93 % of the"
        + " original's do.")
  }

  @Test func countsExactlyAndIgnoresTheTail() throws {
    let folder = try TemporaryFolder()
    func statistics(_ bytes: [UInt8], limit: Int = 100) throws -> BlockStatistics {
      try BlockStatistics(FileBytes(folder.write(bytes, to: "file")), blockLimit: limit)
    }
    func blocks(_ values: [UInt8]) -> [UInt8] {
      values.flatMap { [UInt8](repeating: $0, count: 16) }
    }
    let some = try statistics(blocks([1, 2, 1, 3, 1, 2]) + [1, 1, 1])
    #expect((some.blocks, some.examined, some.repeated) == (6, 6, 3))
    let none = try statistics([1, 2, 3])
    #expect((none.blocks, none.repeated) == (0, 0))
    #expect(Wording.blocks(none, original: nil).contains("no whole block"))
    let sampled = try statistics(blocks((0..<200).map { UInt8($0) }), limit: 100)
    #expect((sampled.blocks, sampled.examined, sampled.repeated) == (200, 64, 0))
    #expect(sampled.isSampled)
    #expect(Wording.blocks(sampled, original: nil).contains("64 evenly spread stretches"))
    let constant = try statistics([UInt8](repeating: 7, count: 16 * 4096), limit: 640)
    #expect((constant.examined, constant.repeated) == (640, 639))
  }

  @Test func anUnreadableFileIsATypedError() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: BlockStatisticsError.self) {
      try BlockStatistics(path: folder.path("absent"))
    }
    #expect(error?.reason.contains("No such file") == true)
  }
}
