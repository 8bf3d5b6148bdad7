import Foundation
import LabCore
import ResultSamples
import TestSupport
import Testing

@testable import LabReport
@testable import LabResults

/// A sweep beside the same points with other programs.
@Suite struct AgainstTests {
  private static func report(factor: Double) -> RunResult {
    var report = Sample.report([Sample.exchange("classic")])
    report.sweep = SweepFixture.compared(factor: factor)
    return report
  }

  @Test func whatIsSlowerThanTheOthersIsFound() throws {
    let slower = try #require(Self.report(factor: 0.8).sweep)
    #expect(slower.againstPoints.count == 9)
    #expect(slower.againstPoints.allSatisfy { $0.verdict == .slower && $0.interval != nil })
    let points = slower.againstPoints
    #expect(points.slower(beyond: 0.1).count == 9 && points.slower(beyond: 0.5).isEmpty)
    #expect(slower.noneSlower(by: 0.1, called: "10%").verdict == .refuted)
    #expect(slower.noneSlower(by: 0.5, called: "50%").verdict == .proved)
    let same = SweepFixture.compared()
    #expect(same.againstPoints.allSatisfy { $0.verdict == .same })
    #expect(same.noneSlower(by: 0, called: "0%").verdict == .proved)
    #expect(SweepFixture.report().againstPoints.isEmpty)
  }

  /// What would do for two runs at different times is too little here.
  @Test func theLevelIsStricterThanThatOfTwoRuns() throws {
    let few = SweepFixture.compared(repeats: 4, factor: 0.5)
    #expect(few.againstPoints.allSatisfy { $0.verdict == .unknown && $0.probability == nil })
    var (before, after) = (Sample.report([]), Sample.report([]))
    (before.sweep, after.sweep) = (few, SweepFixture.report(repeats: 4, factor: 2))
    #expect(Comparison(before, after).count(.slower) == 9)
  }

  /// What was measured too few times is not called the same, and a gate that cannot see does not open.
  @Test func whatCannotBeToldIsNotCalledTheSame() throws {
    let blind = SweepFixture.compared(repeats: 5)
    #expect(blind.againstPoints.allSatisfy { $0.verdict == .unknown && $0.interval != nil })
    #expect(blind.noneSlower(by: 0.5, called: "50%").verdict == .refuted)
    // One point of nine differs, by as much as may be.
    var one = blind
    for sample in one.points[0].samples.indices {
      one.points[0].samples[sample].nanoseconds["exchange"]? *= 200
    }
    #expect(one.againstPoints.allSatisfy { $0.verdict == .unknown })
    #expect(one.noneSlower(by: 0.1, called: "10%").verdict == .refuted)
    // Where all differ that many are enough.
    let all = SweepFixture.compared(repeats: 5, factor: 0.5)
    #expect(all.againstPoints.allSatisfy { $0.verdict == .slower })
    // With enough of them one point is found, and the others are the same.
    #expect(SweepResult.repeatsToCompare(9) == 7)
    var enough = SweepFixture.compared(repeats: 7)
    for sample in enough.points[0].samples.indices {
      enough.points[0].samples[sample].nanoseconds["exchange"]? *= 200
    }
    let points = enough.againstPoints
    #expect(points[0].verdict == .slower && points.dropFirst().allSatisfy { $0.verdict == .same })
  }

  @Test(arguments: [(1, 5), (4, 6), (5, 7), (17, 7), (18, 8), (64, 8), (65, 9), (923, 10)])
  func soManyRepeatsAreEnough(_ points: Int, _ repeats: Int) {
    #expect(SweepResult.repeatsToCompare(points) == repeats)
  }

  /// Where the others fail at some points, nothing says that these are not slower there.
  @Test func aPointWithoutTheOthersClosesTheGate() {
    var sweep = SweepFixture.compared()
    #expect(sweep.noneSlower(by: 0.1, called: "10%").verdict == .proved)
    sweep.against?.points[4].samples = [SweepFixture.failed]
    let gate = sweep.noneSlower(by: 0.1, called: "10%")
    #expect(gate.verdict == .refuted && gate.counts == ["slower": 0, "unknown": 1, "points": 9])
    #expect(
      gate.finding
        == "0 of 9 points slower by more than 10%, and 1 of 9 points measured too few times to tell: "
        + sweep.points[4].name)
  }

  /// Exchanges by themselves are timed once.
  @Test func exchangesAloneSayNothing() {
    var (before, after) = (
      Sample.report([Sample.exchange("classic")]), Sample.report([Sample.exchange("classic")])
    )
    func gate() -> Verdict? {
      Comparison(before, after).checks(slowerBy: 0.1, called: "10%").worst
    }
    #expect(gate() == .refuted)
    before.sweep = SweepFixture.report(repeats: 10)
    #expect(gate() == .refuted)
    after.sweep = SweepFixture.report(repeats: 10)
    #expect(gate() == .proved)
    (before.sweep, after.sweep) = (
      SweepFixture.report(repeats: 4), SweepFixture.report(repeats: 4)
    )
    #expect(gate() == .refuted)
  }

  /// Rows and series of either side.
  @Test func tablesHaveTheOthers() throws {
    let folder = try TemporaryFolder()
    let report = Self.report(factor: 0.8)
    func kinds(_ form: ReportForm) throws -> [String: Int] {
      let lines = try form.render(report, folder: folder.path).split(separator: "\r\n").dropFirst()
      return Dictionary(grouping: lines.map { String($0.prefix { $0 != "," }) }) { $0 }
        .mapValues(\.count)
    }
    #expect(try kinds(.csv) == ["point": 9, "other": 9, "exchange": 1])
    #expect(try kinds(.csvSamples) == ["point": 90, "other": 90, "exchange": 1])
    let metrics = try ReportForm.openmetrics.render(report, folder: folder.path)
    #expect(metrics.matches(of: /pilab_samples\{lab="[^"]*",exchange="others"/).count == 9)
    let svg = try #require(try ReportDrawings(report).render("against"))
    #expect(svg.contains(">Others</text>") && svg.contains(">These</text>"))
  }

  @Test func everyFormTellsOfIt() throws {
    let folder = try TemporaryFolder()
    let report = Self.report(factor: 0.8)
    let text = try ReportForm.text.render(report, folder: folder.path)
    #expect(text.contains("Of 9 points: 9 slower."))
    #expect(text.contains("aes-128-ecb, 1 KiB"))
    let markdown = try ReportForm.markdown.render(report, folder: folder.path)
    #expect(markdown.contains("#### These programs beside those of latest"))
    #expect(markdown.contains("| aes-128-ecb, 1 KiB | 1.60 ms |"))
    let html = try HTMLReport(report: report, folder: folder.path).render()
    #expect(html.contains("Of 9 points: 9 slower.") && html.contains("plot intervals"))
    #expect(html.contains("data-label=\"Others\""))
    let checked = try run(["python3", Fixture.checker], input: html, in: folder)
    #expect(checked.contains("\"errors\": []"))
    #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
  }

  /// A gate that does not open makes the run fail, in every form.
  @Test func theGateIsACheckOfTheRun() throws {
    let folder = try TemporaryFolder()
    var report = Self.report(factor: 0.8)
    #expect(report.verdict == .identical && report.sweep?.regression == nil)
    report.sweep?.against?.limit = .init(share: 0.1, words: "10%")
    #expect(report.verdict == .failed)
    let text = try ReportForm.text.render(report, folder: folder.path)
    #expect(text.hasPrefix("Failed: 9 of 9 points slower by more than 10%: "))
    let junit = try ReportForm.junit.render(report, folder: folder.path)
    #expect(
      junit.contains("no point is slower by more than 10%") && junit.contains("failures=\"1\""))
    #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
    report.sweep?.against?.limit = .init(share: 0.5, words: "50%")
    #expect(report.verdict == .identical && report.sweep?.regression?.verdict == .proved)
  }

  /// A sweep that could not begin is no sweep that nobody asked for.
  @Test func aSweepThatEndedEarlySaysWhy() throws {
    let folder = try TemporaryFolder()
    var report = Self.report(factor: 1)
    for point in 0..<9 {
      report.sweep?.points[point].samples = []
      report.sweep?.against?.points[point].samples = []
    }
    report.sweep?.failure = LabError(
      .unsupported, "mode 'namespace' has no delay here", board: "bob", step: "sweep")
    #expect(report.verdict == .failed)
    let words = "step sweep on bob: mode 'namespace' has no delay here"
    for form in [ReportForm.text, .markdown, .html] {
      let text = try form.render(report, folder: folder.path)
        .replacing(/\s+/, with: " ").replacing("&#39;", with: "'")
      #expect(text.contains("Failed: the sweep is not complete: \(words)"), "\(form)")
    }
    let junit = try ReportForm.junit.render(report, folder: folder.path)
    #expect(junit.replacing("&apos;", with: "'").matches(of: /step sweep on bob/).count == 9)
    #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
    #expect(
      report.sweep?.checks.first?.finding.hasPrefix("0 of 90 measurements were taken: ") == true)
  }

  @Test func noteOfWhatMakesItEmpty() throws {
    var sweep = SweepFixture.compared()
    let own = try #require(sweep.against?.ownPrograms)
    sweep.against?.programs = own
    sweep.against?.points[0].samples[0] = SweepFixture.failed
    let remarks = try #require(AgainstText(sweep)).remarks
    #expect(remarks.count == 2 && remarks[0].contains("byte for byte"))
    #expect(
      remarks[1]
        == "1 measurement with the other programs failed; the first in step transfer on bob: No byte came for 30 s."
    )
    // Nothing was compared.
    for point in sweep.points.indices {
      sweep.against?.points[point].samples = [SweepFixture.failed]
    }
    #expect(sweep.noneSlower(by: 0.5, called: "50%").verdict == .refuted)
  }

  /// Other load on the machine is a difference as another processor is.
  @Test func anotherPaceIsNotCompared() {
    var (before, after) = (Sample.report([]), Sample.report([]))
    before.sweep = SweepFixture.report(pace: 5_000_000)
    after.sweep = SweepFixture.report(pace: 7_000_000)
    let comparison = Comparison(before, after)
    #expect(comparison.isRefused)
    #expect(
      comparison.differences == [
        "The machine's load differs: the same piece of work took 5.00 ms on average, then 7.00 ms."
      ])
    #expect(!Comparison(before, after, despiteDifferences: true).isRefused)
    after.sweep = SweepFixture.report(pace: 5_200_000)
    #expect(!Comparison(before, after).isRefused)
    after.sweep = SweepFixture.report(repeats: 10)
    #expect(!Comparison(before, after).isRefused)
  }

  /// Points beyond what can be told apart are left to the table, those that differ most are drawn.
  @Test func theDrawingIsBounded() throws {
    let many = ComparedPoint.judged(
      (0..<60).map { index in
        let times = (0..<10).map { 1e6 * (1 + Double($0) / 100) }
        return .init(
          name: "point \(index)", before: times,
          after: times.map { $0 * (1 + Double(index) / 100) })
      }, level: 0.01)
    let plot = try #require(IntervalPlot(many, before: "a", after: "b"))
    #expect(plot.rows.count == IntervalPlot.limit && plot.rows.last?.name == "point 59")
    #expect(plot.caption.contains("24 points"))
    #expect(IntervalPlot([], before: "a", after: "b") == nil)
  }
}

/// A sweep's table of sizes and settings.
@Suite struct SweepGridTests {
  @Test func whatAllShareIsSaidOnce() {
    let grid = SweepGrid(SweepFixture.report())
    #expect(grid.constants == ["mode loopback", "group ffdhe2048"])
    #expect(grid.columns == ["aes-128-ecb", "aes-128-ctr", "cobblestone-128"])
    #expect(grid.rows.map(\.image) == ["1 KiB", "1 MiB", "16 MiB"])
    #expect(grid.rows.allSatisfy { $0.points.count == 3 && !$0.points.contains(nil) })
    let two = SweepGrid(SweepFixture.report(groups: ["ffdhe2048", "ffdhe3072"]))
    #expect(two.columns.count == 6 && two.columns[1] == "aes-128-ecb, ffdhe3072")
    #expect(SweepGridView(two) != nil)
    #expect(
      SweepGridView(SweepGrid(SweepFixture.report(groups: ["a", "b", "c"]))) == nil)
  }

  @Test func oneSettingAloneHasAColumn() {
    var sweep = SweepFixture.report()
    sweep.points = sweep.points.filter { $0.cipher == "aes-128-ctr" }
    let grid = SweepGrid(sweep)
    #expect(grid.columns == ["time"] && grid.name(of: sweep.points[0]) == "1 KiB")
    #expect(grid.name(of: sweep.series[0]) == "all")
  }

  /// Where there is no room beside each other, the points stand below each other.
  @Test func theTerminalTakesWhatFits() {
    func lines(_ width: Int) -> String {
      SweepSummary(sweep: SweepFixture.report(), style: TerminalStyle(isOn: false), width: width)
        .lines().joined(separator: "\n")
    }
    #expect(lines(120).contains("2.00 ms (1.99 ms – 2.01 ms)"))
    #expect(lines(80).contains("image   aes-128-ecb  aes-128-ctr") && !lines(80).contains("(1.99"))
    #expect(lines(40).contains("aes-128-ecb, 1 KiB"))
  }
}
