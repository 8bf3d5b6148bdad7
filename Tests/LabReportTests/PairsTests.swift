import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// All pairs of boards are one table, and only those that failed are told of in full.
@Suite struct PairsTests {
  private static func report(failing: Bool = false) -> RunResult {
    var report = Sample.report([])
    let boards = ["alice", "bob", "carol"]
    report.boards = boards.map { BoardReport(name: $0, address: "10.77.0.1") }
    report.exchanges = [(0, 1), (0, 2), (1, 2)].map { first, second in
      var exchange = Sample.exchange("\(boards[first])-\(boards[second])")
      if failing, second == 1 { exchange = Sample.failed(exchange.name) }
      exchange.sender = boards[first]
      exchange.receiver = boards[second]
      exchange.set = "all-pairs"
      return exchange
    }
    report.parallel = 2
    return report
  }

  /// Two of them, of three boards.
  private static var chosen: RunResult {
    var report = report()
    report.exchanges.removeLast()
    report.pairs = 3
    return report
  }

  @Test func chosenOnesAreNotCalledAll() throws {
    let title = "2 of the 3 exchanges of all pairs, between 3 boards"
    let folder = try TemporaryFolder()
    let html = try HTMLReport(report: Self.chosen, folder: folder.url.path).render()
    let page = try CheckedPage(html, in: folder)
    #expect(page.errors == [])
    for text in [
      page.text.replacing("\u{A0}", with: " "), MarkdownReport(Self.chosen).render(),
      TerminalSummary(Self.chosen).render(color: false, width: 200),
    ] {
      #expect(text.contains(title) && text.contains("Chosen pairs"))
      #expect(!text.contains("All pairs") && !text.contains("each with each other"))
    }
  }

  @Test func thePageHasOneTable() throws {
    let folder = try TemporaryFolder()
    let html = try HTMLReport(report: Self.report(), folder: folder.url.path).render()
    let page = try CheckedPage(html, in: folder)
    #expect(page.errors == [])
    #expect(page.pngs.isEmpty)
    let text = page.text.replacing("\u{A0}", with: " ")
    for part in [
      "3 exchanges of 3 boards, each with each other", "Up to 2 exchanges ran at once",
      "In all of them the image arrived exactly as it was sent.",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains("At a glance"))
  }

  @Test func whatFailedIsTold() throws {
    let folder = try TemporaryFolder()
    let html = try HTMLReport(report: Self.report(failing: true), folder: folder.url.path).render()
    let page = try CheckedPage(html, in: folder)
    #expect(page.errors == [])
    #expect(html.contains("<span class=\"badge failed\">failed</span>"))
    #expect(
      page.text.contains("1 of them did not deliver its image")
        || page.text.contains("1 of them did not"))
    #expect(page.text.contains("The peer's key confirmation is wrong."))
  }

  @Test func theTextForms() throws {
    let markdown = MarkdownReport(Self.report()).render()
    #expect(markdown.contains("|  | bob | carol |\n|---|---:|---:|\n"))
    #expect(markdown.contains("| bob |  |"))
    #expect(!markdown.contains("| exchange | result |"))
    let terminal = TerminalSummary(Self.report()).render(color: false, width: 200)
    #expect(
      terminal.contains("All pairs: 3 exchanges of 3 boards, each with each other: 3 identical"))
    #expect(!terminal.contains("alice-bob"))
    let failing = TerminalSummary(Self.report(failing: true)).render(color: false, width: 200)
    #expect(failing.contains("alice-bob") && failing.contains("2 identical, 1 failed"))
  }
}
