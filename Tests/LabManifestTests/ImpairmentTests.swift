import LabValues
import Testing

@testable import LabManifest

private func manifest(_ impairment: String) -> String {
  Samples.manifest(top: "network: { impairment: { \(impairment) } }")
}

struct ImpairmentTests {
  @Test func everyKey() throws {
    let text = manifest(
      "rate: 100mbit, delay: 20ms, jitter: 2ms, loss: 0.5%, duplicate: 1%, corrupt: 0.0001%, "
        + "reorder: 100%")
    let lab = try Samples.grammar.parse(text, path: Samples.path)
    let impairment = try #require(lab.network.impairment)
    #expect(impairment.rate?.bitsPerSecond == 100_000_000)
    #expect(impairment.delay == .milliseconds(20))
    #expect(impairment.jitter == .milliseconds(2))
    #expect(impairment.loss?.partsPerMillion == 5000)
    #expect(impairment.duplicate?.partsPerMillion == 10_000)
    #expect(impairment.corrupt?.partsPerMillion == 1)
    #expect(impairment.reorder?.partsPerMillion == 1_000_000)
    #expect(
      impairment.description
        == "rate 100Mbit, delay 20ms, jitter 2ms, loss 0.5%, duplicate 1%, corrupt 0.0001%, reorder 100%"
    )
  }

  @Test(arguments: ["", "network:", "network: { impairment: }", "network: { impairment: {} }"])
  func noneIsNone(_ top: String) throws {
    let lab = try Samples.grammar.parse(Samples.manifest(top: top), path: Samples.path)
    #expect(lab.network.impairment == nil)
    #expect(LinkImpairment().description == "none")
  }

  @Test(arguments: [
    BadManifest(
      manifest("delay: 1ms, jitter: ¶2ms"),
      "a jitter larger than the delay would need negative delays", hint: "at least 2ms"),
    BadManifest(
      manifest("reorder: ¶1%"), "without a delay there is nothing to overtake", hint: "10ms"),
    BadManifest(
      manifest("rate: ¶1kbit"), "no link can be given the rate 1kbit", hint: "8kbit to 34Gbit"),
    BadManifest(
      manifest("delay: ¶2m"), "no link can be given the delay 2m", hint: "up to 1m"),
    BadManifest(
      manifest("loss: ¶0.5"), "'0.5' is not a percentage: it has no percent sign",
      hint: "did you mean '0.5%'?"),
    BadManifest(manifest("loss: ¶101%"), "'101%' is out of range", hint: "0% to 100%"),
    BadManifest(manifest("loss: ¶lots"), "'lots' is not a percentage", hint: "0.5%, 1%, 25%"),
    BadManifest(
      manifest("delay: ¶20, jitter: 5ms"), "'20' is not a duration: it has no unit", hint: "250ms"),
    BadManifest(manifest("¶dealy: 20ms"), "unknown key 'dealy'", hint: "did you mean 'delay'?"),
  ])
  func wrong(_ manifest: BadManifest) { manifest.verify() }

  @Test(
    arguments: [
      ("0%", 0, "0%"), ("0.5%", 5000, "0.5%"), ("100.0000%", 1_000_000, "100%"),
      ("007%", 70_000, "7%"),
      ("12.3400%", 123_400, "12.34%"), ("0.0001%", 1, "0.0001%"),
    ] as [(String, UInt32, String)])
  func percentage(_ text: String, _ parts: UInt32, _ written: String) throws {
    #expect(try Percentage(text).partsPerMillion == parts)
    #expect(try Percentage(text).description == written)
  }

  @Test(arguments: [
    "", "%", "1", "1 %", "-1%", "1.%", ".5%", "0.00001%", "1e1%", "100.0001%", "1000%", "٥%",
  ])
  func badPercentage(_ text: String) {
    #expect(throws: QuantityError.self) { try Percentage(text) }
  }
}
