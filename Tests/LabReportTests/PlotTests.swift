import Foundation
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

@Suite struct PlotTests {
  @Test func ticksAreRoundAndFew() throws {
    let time = try #require(LogScale([3e6, 9e7], from: 100, to: 0))
    #expect(
      time.decimalTicks(most: 7) { Human.roundTime($0) }.map(\.label)
        == ["5 ms", "10 ms", "20 ms", "50 ms", "100 ms"])
    let long = try #require(LogScale([1e3, 1e10], from: 0, to: 1))
    #expect(
      long.decimalTicks(most: 5) { Human.roundTime($0) }.map(\.label)
        == ["10 µs", "1 ms", "100 ms", "10 s"])
    let size = try #require(LogScale([1024.0, 1_073_741_824.0], from: 0, to: 100))
    #expect(
      size.binaryTicks(most: 6) { Human.exactBytes(UInt64($0)) }.map(\.label)
        == ["1 KiB", "32 KiB", "1 MiB", "32 MiB", "1 GiB"])
    #expect(LogScale([], from: 0, to: 1) == nil && LogScale([0, -1, .nan], from: 0, to: 1) == nil)
  }

  @Test func placesKeepToTheAxis() throws {
    let scale = try #require(LogScale([10, 1000], from: 200, to: 0, margin: 1))
    #expect(scale.place(10) == 200 && abs(scale.place(100) - 100) < 1e-9)
    #expect(abs(scale.place(1000)) < 1e-9)
    #expect(scale.place(0) == 200 && scale.place(1e9) == 0)
  }

  @Test func marksThatCoverEachOtherStandApart() throws {
    let y = try #require(LogScale([1, 100], from: 200, to: 0))
    func series(_ value: Double) -> PlotView.Series {
      .init(name: "", marks: [.init(x: 1, lower: value, middle: value, upper: value)], fit: nil)
    }
    #expect(PlotView.shifts([series(10), series(10.1)], y) == [[-2], [2]])
    #expect(PlotView.shifts([series(10), series(50)], y) == [[0], [0]])
  }

  @Test func ticksStandAtTheMeasuredSizes() throws {
    let sizes = [1024.0, 1500, 1_048_576]
    let x = try #require(LogScale(sizes, from: 0, to: 300))
    #expect(
      PlotView.valueTicks(sizes + sizes, x).map { $0.label.replacing("\u{a0}", with: " ") }
        == ["1 KiB", "", "1 MiB"])
  }

  @Test func ratiosHaveTheirInterval() throws {
    let base = (1...10).map { Double($0) + 100 }
    let ratio = try #require(TimeRatio(base.map { $0 * 1.5 }, to: base))
    #expect(abs(ratio.middle - 1.5) < 0.01 && ratio.lower < 1.5 && ratio.upper > 1.5)
    #expect(ratio.lower > 1.4 && ratio.upper < 1.6)
    #expect(TimeRatio([1, 2], to: [1, 2]) == nil)
  }

  /// The fixed cost is the noise's where it is not larger than its error.
  @Test func aFixedCostWithinItsErrorIsNotTold() throws {
    let noisy = [(1.0, 9.0), (1, 11), (10, 93), (10, 108), (20, 190), (20, 211)]
    let fit = try #require(LineFit(noisy.map { .init(x: $0.0, y: $0.1) }))
    #expect(abs(fit.fixed) < fit.fixedError && fit.toldFixed == nil)
    let sharp = try #require(LineFit([1.0, 2, 3].map { .init(x: $0, y: 50 + $0) }))
    #expect(sharp.toldFixed != nil)
    // No exchange begins before it does.
    let steep = try #require(LineFit([1.0, 2, 3].map { .init(x: $0, y: 50 * $0 - 20) }))
    #expect(steep.fixed < -steep.fixedError && steep.toldFixed == nil)
    let falling = try #require(LineFit([1.0, 2, 3].map { .init(x: $0, y: 50 - $0) }))
    #expect(falling.slope < 0 && falling.toldSlope == nil && steep.toldSlope != nil)
  }

  @Test func eachSampleHasItsLine() {
    var report = Sample.report([Sample.exchange("classic")])
    report.sweep = SweepFixture.report(repeats: 8)
    let lines = SampleTable(report).render().split(separator: "\r\n")
    #expect(lines.count == 1 + 9 * 8 + 1)
    #expect(
      Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1
    )
  }

  @Test func aSweepHasItsPlotsAndItsTable() throws {
    let folder = try TemporaryFolder()
    var report = Sample.report([Sample.exchange("classic")])
    report.sweep = SweepFixture.report(groups: ["ffdhe2048", "ffdhe3072"])
    report.sweep?.points[1].samples.append(SweepFixture.failed)
    report.sweep?.points[2].samples = []
    report.sweep?.points[3].mode = "<b>"
    let html = try HTMLReport(report: report, folder: folder.url.path).render()
    let output = try run(["python3", Fixture.checker], input: html, in: folder)
    #expect(output.contains("\"errors\": []"))
    // Six series of one mode are too many for one plot, so each group has its own; and one more mode.
    #expect(html.matches(of: /<figure class="plot">/).count == 8)
    // Each point, and each series's straight line.
    #expect(
      html.matches(of: /scope="row">loopback, aes|scope="row">loopback, cob/).count
        == 17 + 6)
    #expect(html.components(separatedBy: "scope=\"row\">&lt;b&gt;, ").count == 2)
    #expect(html.contains("1 of 6 failed; step transfer on bob: No byte came for 30 s."))
    #expect(!html.contains("nan") && !html.contains("inf"))
  }

  /// Sizes of docs/protocol.md, section "One whole exchange, byte by byte".
  @Test func messagesHaveTheProtocolsSizes() throws {
    var exchange = Sample.exchange("classic")
    exchange.senderResult?.publicValue = "08"
    exchange.receiverResult?.publicValue = "13"
    let steps = try #require(SequenceView.steps(exchange))
    #expect(steps.map(\.bytes) == [nil, 88, 90, 37, 37, 45, 393_616, 69, 45])
    #expect(
      steps.map(\.isToReceiver) == [
        false, false, true, false, true, true, true, true, false,
      ])
    #expect(steps[6].time == 621_000)
    exchange.receiverResult?.profile = "sealed"
    #expect(SequenceView.steps(exchange)?.count == 8)
    exchange.receiverResult = nil
    #expect(SequenceView.steps(exchange) == nil)
  }
}
