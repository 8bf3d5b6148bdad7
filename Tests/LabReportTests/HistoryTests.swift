import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// All runs of a lab on one page.
@Suite struct HistoryTests {
  private static func history() -> RunHistory {
    var history = RunHistory(lab: "lab")
    for (number, time) in [UInt64(10_000_000), 30_000_000, 20_000_000].enumerated() {
      var report = Sample.report([Sample.exchange("classic")])
      let start = report.exchanges[0].receiverResult?.marks["connected"] ?? 0
      report.exchanges[0].receiverResult?.marks["end"] = start + time
      if number == 1 { report.pilabVersion = "0.2.0" }
      if number == 2 {
        report.pilabVersion = "0.2.0"
        report.environment.kernel = "another"
      }
      history.add("run-\(number + 1)", report)
    }
    history.add("broken", nil)
    return history
  }

  @Test func thePageIsWellFormed() throws {
    let folder = try TemporaryFolder()
    let html = try HistoryPage(Self.history()).render()
    let page = try CheckedPage(html, in: folder)
    // Its links lead out of the page.
    #expect(page.errors.filter { !$0.contains("/report.html'") } == [])
    let text = page.text.replacing("\u{A0}", with: " ")
    #expect(text.contains("4 runs, 3 as expected; the last one was not."))
    #expect(text.contains("unreadable") && html.contains("href=\"run-2/report.html\""))
    #expect(!html.contains("broken/report.html"))
    #expect(text.contains("pilab 0.2.0") && text.contains("another machine or kernel"))
  }

  /// A point that was measured once only has no course.
  @Test func trendsAreOfPointsThatCameAgain() throws {
    var history = Self.history()
    history.add("other", Sample.report([Sample.exchange("seldom")]))
    #expect(history.points.count == 1)
    let name = try #require(history.points.first)
    #expect(name.hasPrefix("classic: "))
    let trend = TrendView(name, id: "x", in: history.runs)
    #expect(trend.dots.count == 3 && trend.marks.map(\.label).count == 3)
    #expect(trend.dots.map(\.y) == ["83.3", "26.0", "54.7"])
    #expect(trend.top.hasPrefix("30"))
    #expect(trend.summary.replacing("\u{A0}", with: " ").hasSuffix("100 % more"))
  }
}
