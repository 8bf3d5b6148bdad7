import Foundation
import LabResults
import LabValues
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// The page's drawings as files.
@Suite struct DrawingTests {
  private struct CheckedDrawing: Decodable {
    var errors: [String]
    var width: String
    var height: String
    var texts: [String]
  }

  private static let checker = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_svg.py").path

  private func checked(_ svg: String, in folder: TemporaryFolder) throws -> CheckedDrawing {
    let found = try output(of: ["python3", Self.checker], input: svg, in: folder)
    return try JSONDecoder().decode(CheckedDrawing.self, from: found)
  }

  /// Exchanges, a sweep over a link that is slow, and scenarios with an attacker.
  private static func reports() -> [RunResult] {
    var swept = Sample.report([Sample.exchange("classic"), Sample.exchange("<&\"'")])
    swept.ownClocks = true
    var sweep = SweepFixture.report(repeats: 8)
    sweep.points = sweep.points.map { point in
      var point = point
      let slow = LinkImpairment(rate: BitRate(bitsPerSecond: 80_000_000))
      point.link = SweepLink(name: "slow", impairment: slow)
      return point
    }
    swept.sweep = sweep
    return [swept, ScenarioSample.report(ScenarioSample.everything())]
  }

  @Test func everyDrawingIsAFile() throws {
    let folder = try TemporaryFolder()
    for report in Self.reports() {
      for size in DrawingSize.allCases {
        let drawings = ReportDrawings(report, size: size)
        #expect(!drawings.names.isEmpty && Set(drawings.names).count == drawings.names.count)
        for name in drawings.names {
          let svg = try #require(try drawings.render(name))
          let found = try checked(svg, in: folder)
          #expect(found.errors == [], "\(name)")
          #expect(found.width == (size == .column ? "85mm" : "170mm"), "\(name)")
          #expect(found.height.hasSuffix("mm") && !svg.contains("var("), "\(name)")
        }
      }
    }
  }

  /// What the page draws, and nothing else.
  @Test func thePageHasTheSame() throws {
    let folder = try TemporaryFolder()
    for report in Self.reports() {
      let html = try HTMLReport(report: report, folder: folder.url.path).render()
      #expect(
        html.matches(of: /<svg role="img"/).count == ReportDrawings(report).names.count)
    }
  }

  @Test func namesSayWhatIsDrawn() throws {
    var report = Self.reports()[0]
    #expect(
      ReportDrawings(report).names == [
        "time", "throughput", "ratio", "links", "sequence-classic", "timing-classic-alice",
        "timing-classic-bob", "sequence-<&\"'", "timing-<&\"'-alice", "timing-<&\"'-bob",
      ])
    report.ownClocks = nil
    report.exchanges.removeLast()
    report.sweep = SweepFixture.report(groups: ["ffdhe2048", "ffdhe3072"], repeats: 8)
    #expect(
      ReportDrawings(report).names == [
        "time-1", "throughput-1", "ratio-1", "time-2", "throughput-2", "ratio-2",
        "sequence-classic", "timing-classic",
      ])
    #expect(ReportDrawings(Sample.report([Sample.failed("a")])).names.isEmpty)
  }

  @Test func aPlotHasItsTitleItsAxesAndItsLegend() throws {
    let folder = try TemporaryFolder()
    let drawings = ReportDrawings(Self.reports()[0], size: .wide)
    let svg = try #require(try drawings.render("throughput"))
    let texts = try checked(svg, in: folder).texts.map { $0.replacing("\u{A0}", with: " ") }
    for text in [
      "Throughput over the image's size. Mode loopback, link slow, group ffdhe2048.",
      "throughput, logarithmic", "size of the image, logarithmic", "aes-128-ecb", "aes-128-ctr",
      "cobblestone-128", "1 KiB",
    ] {
      #expect(texts.contains(text), "\(text)")
    }
    #expect(try drawings.render("no such") == nil)
  }

  /// The original beside the ciphertexts of those who sent it, in the file itself.
  @Test(arguments: [1, 2, 3, 5])
  func picturesAreAFigure(exchanges count: Int) throws {
    let folder = try TemporaryFolder()
    let picture = try folder.write(SamplePicture.ppm, to: "a.ppm")
    try FileManager.default.copyItem(
      atPath: picture, toPath: folder.url.appending(path: "encrypted.bin").path)
    let exchanges = (0..<count).map { index in
      var exchange = Sample.exchange("sent \(index) of <&>", cipher: "aes-128-ecb")
      exchange.files = ["original": "a.ppm", "receiverEncrypted": "encrypted.bin"]
      return exchange
    }
    for size in DrawingSize.allCases {
      let drawings = ReportDrawings(
        Sample.report(exchanges), folder: folder.url.path, size: size)
      #expect(drawings.names.filter { $0.hasPrefix("pictures") } == ["pictures"])
      let svg = try #require(try drawings.render("pictures"))
      let found = try checked(svg, in: folder)
      #expect(found.errors == [])
      #expect(svg.components(separatedBy: "<image ").count - 1 == count + 1)
      let texts = found.texts.joined(separator: " ")
      #expect(texts.contains("Original"))
      for exchange in exchanges { #expect(texts.contains("\(exchange.name): aes-128-ecb")) }
    }
  }

  /// None is named where nothing was kept that could be drawn.
  @Test func noFigureOfPicturesWithoutPictures() throws {
    let folder = try TemporaryFolder()
    let report = Sample.report([Sample.exchange("classic")])
    let names = ReportDrawings(report, folder: folder.url.path).names
    #expect(!names.isEmpty && names.allSatisfy { !$0.hasPrefix("pictures") })
  }

  /// Its letters are as large as a column's, as it has twice the room.
  @Test func aWidePlotHasMoreRoom() throws {
    let sweep = SweepFixture.report()
    let (column, wide) = (SweepView(sweep), SweepView(sweep, frame: .wide))
    let places = [column, wide].map { $0.panels[0].plots[0].xTicks.compactMap { Double($0.place) } }
    #expect(places[0].allSatisfy { (70...336).contains($0) })
    #expect(places[1].allSatisfy { (70...696).contains($0) } && places[1].contains { $0 > 400 })
  }
}
