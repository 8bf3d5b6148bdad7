import LabResults
import LabValues
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// Links of a sweep on the page, and what its series differ in.
@Suite struct SweepLinkViewTests {
  private static func sweep() -> SweepResult {
    let slow = LinkImpairment(rate: BitRate(bitsPerSecond: 80_000_000))
    var sweep = SweepFixture.report(sizes: [1 << 10, 1 << 20])
    let good = sweep.points.map { point in
      var point = point
      point.link = SweepLink(name: "good")
      return point
    }
    sweep.points =
      good
      + good.map { point in
        var point = point
        point.link = SweepLink(name: "slow", impairment: slow)
        return point
      }
    return sweep
  }

  @Test func eachLinkStandsBesideItsLimit() throws {
    let view = try #require(LinksView(Self.sweep()))
    #expect(view.rows.map(\.link) == ["good", "good", "good", "slow", "slow", "slow"])
    #expect(view.rows.prefix(3).allSatisfy { $0.limit == "–" && $0.share == "–" && $0.bar == nil })
    #expect(view.rows[3].limit.replacing("\u{A0}", with: " ").hasPrefix("9.54 MiB/s (rate)"))
    // More than the limit there is no bar for.
    #expect(view.rows[3].bar == "100")
    #expect(LinksView(SweepFixture.report()) == nil)
  }

  @Test func thePageIsWellFormed() throws {
    let folder = try TemporaryFolder()
    var report = Sample.report([Sample.exchange("classic")])
    report.sweep = Self.sweep()
    let page = try CheckedPage(
      HTMLReport(report: report, folder: folder.url.path).render(), in: folder)
    #expect(page.errors == [])
    let text = page.text.replacing("\u{A0}", with: " ")
    for part in [
      "What TCP makes of each link", "Mode loopback, link slow, group ffdhe2048",
      "The series differ in profile (classic, sealed), cipher (aes-128-ecb, aes-128-ctr, cobblestone-128), "
        + "authentication (none, psk) and link (good, slow).",
      "A difference in time is of all of these together.", "in rounds, each once on every link",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func oneThingThatVariesIsTold() throws {
    var sweep = SweepFixture.report(sizes: [1 << 10])
    sweep.points.removeLast()
    let sentence = try #require(SweepDifferences(sweep).sentence).replacing("\u{A0}", with: " ")
    #expect(
      sentence
        == "The series differ in cipher (aes-128-ecb, aes-128-ctr). The same for all: mode loopback, "
        + "profile classic, group ffdhe2048, authentication none.")
    sweep.points.removeLast()
    #expect(SweepDifferences(sweep).sentence == nil)
  }
}
