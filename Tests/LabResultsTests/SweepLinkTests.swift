import Foundation
import LabValues
import Testing

/// Links of sweeps, and what TCP can make of them.
struct SweepLinkTests {
  private static func link(
    rate: UInt64? = nil, delay: Int? = nil, loss: String? = nil
  ) throws -> SweepLink {
    SweepLink(
      name: "x",
      impairment: LinkImpairment(
        rate: rate.map { BitRate(bitsPerSecond: $0) }, delay: delay.map { .milliseconds($0) },
        loss: try loss.map { try Percentage($0) }))
  }

  /// 1448 / 0.04 * sqrt(1.5 / 0.01) = 443358 bytes a second.
  @Test func theLimitIsTheLesserOfTwo() throws {
    #expect(try Self.link(rate: 8_000_000).mostBytesPerSecond == 1_000_000)
    let lossy = try Self.link(rate: 8_000_000, delay: 20, loss: "1%")
    #expect(abs((lossy.mostBytesPerSecond ?? 0) - 443_358) < 1 && lossy.limit == "loss")
    let slow = try Self.link(rate: 800_000, delay: 20, loss: "1%")
    #expect(slow.mostBytesPerSecond == 100_000 && slow.limit == "rate")
    for none in [try Self.link(delay: 20), try Self.link(loss: "1%"), SweepLink(name: "good")] {
      #expect(none.mostBytesPerSecond == nil && none.limit == nil)
    }
  }

  @Test func itSurvivesTheReport() throws {
    for link in [SweepLink(name: "good"), try Self.link(rate: 16_000_000, delay: 20, loss: "0.5%")]
    {
      let data = try JSONEncoder().encode(link)
      #expect(try JSONDecoder().decode(SweepLink.self, from: data) == link)
    }
    let text = String(
      decoding: try JSONEncoder().encode(Self.link(delay: 20, loss: "1%")), as: UTF8.self)
    #expect(text.contains("delay 20ms, loss 1%"))
  }
}
