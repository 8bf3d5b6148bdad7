import Foundation
import HostKit
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport
@testable import Pictures

/// Pictures of several exchanges beside each other, and what is said of compressed ones.
@Suite struct GalleryTests {
  private func exchange(_ name: String, cipher: String, original: String) -> ExchangeResult {
    var exchange = Sample.exchange(name, cipher: cipher)
    exchange.image = ImageReport(name: original, bytes: 18)
    exchange.files = ["original": original]
    return exchange
  }

  @Test func suggestsPixelsOfACompressedPictureUnderECB() throws {
    let folder = try TemporaryFolder()
    let png = try folder.write(
      Picture(width: 1, height: 1, channels: .grey, pixels: [7]).png(), to: "a.png")
    let ppm = try folder.write(SamplePicture.ppm, to: "a.ppm")
    let ecb = exchange("a", cipher: "aes-128-ecb", original: "a.png")
    let text = try #require(SentPixels.explanation(ecb, original: png))
    #expect(text.contains("The file is a PNG") && text.hasSuffix("repeat the run with --pixels."))
    #expect(SentPixels.explanation(ecb, original: ppm) == nil)
    #expect(SentPixels.explanation(ecb, original: nil) == nil)
    let sealed = exchange("b", cipher: "cobblestone-128", original: "a.png")
    #expect(SentPixels.explanation(sealed, original: png) == nil)
  }

  /// As the page does.
  @Test func otherFormsSuggestPixels() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Picture(width: 1, height: 1, channels: .grey, pixels: [7]).png(), to: "a.png")
    let report = Sample.report([
      exchange("plain", cipher: "aes-128-ctr", original: "a.png"),
      exchange("ecb", cipher: "aes-128-ecb", original: "a.png"),
    ])
    let terminal = TerminalSummary(report, location: folder.url.appending(path: "report.html").path)
      .render(color: false, width: 1000)
    let markdown = MarkdownReport(report, folder: folder.url.path).render()
    for text in [terminal, markdown] {
      #expect(text.contains("ecb: The file is a PNG") && text.contains("with --pixels."))
    }
  }

  @Test func tellsOfThePictureThatThePixelsAreOf() throws {
    var sent = exchange("a", cipher: "aes-128-ecb", original: "cat.ppm")
    sent.image.source = PictureSource(
      name: "cat.jpg", format: "JPEG", bytes: 2048, sha256: Sample.hex(5), size: (800, 600),
      sent: (640, 480), colours: 16)
    let text = try #require(SentPixels.explanation(sent, original: nil))
    #expect(text.contains("The pixels of cat.jpg were encrypted, not its bytes"))
    let html = try HTMLReport(report: Sample.report([sent]), folder: "/nowhere").render()
    #expect(html.contains("cat.jpg, of which the pixels are"))
    #expect(html.contains(Sample.hex(5)))
    #expect(html.replacing("\u{A0}", with: " ").contains("640 × 480 pixels, at most 16 colours"))
  }

  @Test func repeatedBlocksAreOrange() throws {
    let folder = try TemporaryFolder()
    // A header of 16 bytes, then a row a block.
    let header = Array("P5   16  3  255\n".utf8)
    let original = try folder.write(header + [UInt8](repeating: 90, count: 48), to: "a.pgm")
    let block = (0..<16).map { UInt8($0) }
    let encrypted = header + block + block.reversed() + block
    let path = try folder.write(encrypted, to: "encrypted")
    let figure = try #require(FigureMaker().repeats(path: path, originalPath: original))
    guard case .image(let uri, 16, 3) = figure.content else {
      Issue.record("no picture of 16 × 3")
      return
    }
    let data = try #require(Data(base64Encoded: String(uri.drop { $0 != "," }.dropFirst())))
    let pixels = try Picture(png: Array(data)).pixels
    #expect(Array(pixels.prefix(3)) == [200, 103, 30])
    #expect(Array(pixels[48..<51]) == [90, 90, 90])
    #expect(Array(pixels.suffix(3)) == [200, 103, 30])
    let none = try folder.write(header + (0..<48).map { UInt8($0) }, to: "none")
    #expect(FigureMaker().repeats(path: none, originalPath: original) == nil)
    #expect(FigureMaker().repeats(path: path, originalPath: path + ".not-there") == nil)
  }

  @Test func ciphertextsThatCannotBeCompressedGetFewerColours() throws {
    var random = SystemRandomNumberGenerator()
    let pixels = (0..<300 * 300 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
    let picture = try Picture(width: 300, height: 300, channels: .rgb, pixels: pixels)
    let figure = try ReportFigure.bytes(picture, caption: "Bytes.")
    guard case .image(let uri, 300, 300) = figure.content else {
      Issue.record("no picture")
      return
    }
    #expect(uri.utf8.count < 120_000)
    #expect(figure.caption.contains("two upper bits"))
    #expect(Set(try picture.inFourLevels().pixels) == [0, 85, 170, 255])
  }

  @Test func oneOriginalBesideAllCiphertexts() throws {
    let report = Sample.report([
      Sample.exchange("one"), Sample.exchange("other", cipher: "aes-128-ctr"),
    ])
    let html = try HTMLReport(report: report, folder: "/nowhere").render()
    #expect(html.matches(of: /<strong>Original<\/strong>/).count == 1)
    #expect(html.contains(", sent twice"))
  }
}
