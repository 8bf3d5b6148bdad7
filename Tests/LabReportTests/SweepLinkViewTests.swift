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
    #expect(view.rows[3].limit.replacing("\u{A0}", with: " ").hasPrefix("10.5 MiB/s (rate)"))
    // More than the limit there is no bar for.
    #expect(view.rows[3].bar == "100")
    #expect(LinksView(SweepFixture.report()) == nil)
  }

  /// Links that differ in one thing alone are drawn over it, beside the limit where there is one.
  @Test func throughputOverWhatLinksDifferIn() throws {
    var sweep = SweepFixture.report(sizes: [1 << 10, 1 << 20])
    let points = sweep.points
    func plots(_ links: [LinkImpairment]) -> [PlotView] {
      sweep.points = links.enumerated().flatMap { index, link in
        points.map { point in
          var point = point
          point.link = SweepLink(name: "l\(index)", impairment: link)
          return point
        }
      }
      return LinksView(sweep)?.curves ?? []
    }
    let rates = [8_000_000, 80_000_000, 800_000_000].map { BitRate(bitsPerSecond: $0) }
    let delay = Duration.milliseconds(20)
    let byRate = plots(rates.map { LinkImpairment(rate: $0) } + [LinkImpairment(delay: delay)])
    #expect(byRate.map(\.kind) == [.byRate])
    #expect(byRate[0].xTicks.map(\.label) == rates.map { "\($0)" })
    // Three ciphers and the limit.
    #expect(byRate[0].lines.map(\.name).last == "at most" && byRate[0].lines.count == 4)
    let losses = [1000, 10_000].map { Percentage(partsPerMillion: $0) }
    let byLoss = plots(losses.map { LinkImpairment(loss: $0) })
    #expect(byLoss.map(\.kind) == [.byLoss] && byLoss[0].lines.count == 3)
    let late = plots(losses.map { LinkImpairment(delay: delay, loss: $0) })
    #expect(late.map(\.kind) == [.byLoss] && late[0].lines.count == 4)
    #expect(late[0].caption.contains("all links have delay 20ms"))
    #expect(plots([LinkImpairment(rate: rates[0]), LinkImpairment(delay: delay)]).isEmpty)
  }

  /// What passes in the limiter's first burst says nothing of the rate.
  @Test func aBurstIsNoThroughput() throws {
    let slow = SweepLink(
      name: "slow", impairment: LinkImpairment(rate: BitRate(bitsPerSecond: 10_000_000)))
    #expect(LinksView.most(slow, bytes: 65_536) == nil)
    let most = try #require(LinksView.most(slow, bytes: 140_000))
    #expect(abs(most - 2_500_000) < 1)
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
