import Foundation
import ResultSamples
import Testing

@testable import LabResults

@Suite struct CheckTests {
  private static func claim(_ id: Check.ID, _ verdict: Verdict = .proved) -> Check {
    Check(id: id, claim: "A claim.", verdict: verdict, finding: "Found.", counts: ["blocks": 7])
  }

  private static func capture(blocks: Verdict) -> CaptureResult {
    CaptureResult(
      file: "classic/capture.pcap", linkType: "EN10MB", traffic: CaptureTraffic(),
      conversations: [], exchangeConversation: nil,
      evidence: CaptureEvidence(
        plaintextAbsent: claim(.plaintextAbsent), ciphertextIdentical: claim(.ciphertextIdentical),
        protocolAgrees: claim(.protocolAgrees), blockPattern: claim(.blockPattern, blocks)))
  }

  private func refuted(_ change: (inout ExchangeResult) -> Void) -> [Check.ID] {
    var exchange = Sample.exchange("classic")
    change(&exchange)
    exchange.judge(decryptedIsOriginal: true)
    return exchange.checks.filter { $0.verdict == .refuted }.map(\.id)
  }

  @Test func theWorstCounts() {
    #expect(Verdict.proved < .notProvable && Verdict.notProvable < .refuted)
    #expect(
      [Self.claim(.keyConfirmed), Self.claim(.imageHash, .notProvable)].worst == .notProvable)
    #expect([Self.claim(.keyConfirmed, .refuted), Self.claim(.imageHash)].worst == .refuted)
    #expect([Check]().worst == .notProvable)
  }

  @Test func aGoodExchangeProvesAll() {
    let checks = Sample.exchange("classic").checks
    #expect(
      checks.map(\.id) == [
        .imageIdentical, .imageHash, .keyConfirmed, .transcriptsEqual, .publicValueX,
        .publicValueY, .ciphertextArrived,
      ])
    #expect(checks.allSatisfy { $0.verdict == .proved })
    #expect(checks.filter(\.isPart).map(\.id) == [.imageHash, .publicValueX, .publicValueY])
  }

  @Test func eachFaultRefutesItsOwnCheck() {
    #expect(refuted { $0.senderResult?.keyConfirmed = false } == [.keyConfirmed])
    #expect(refuted { $0.senderResult?.transcript = "00" } == [.transcriptsEqual])
    #expect(refuted { $0.receiverResult?.peerPublicValue = "00" } == [.publicValueX])
    #expect(refuted { $0.senderResult?.peerPublicValue = "00" } == [.publicValueY])
    #expect(refuted { $0.sha256["receiverEncrypted"] = "00" } == [.ciphertextArrived])
    #expect(refuted { $0.sha256["receiverDecrypted"] = "00" } == [.imageHash])
    let bothEmpty = refuted {
      $0.senderResult?.transcript = ""
      $0.receiverResult?.transcript = ""
    }
    #expect(bothEmpty == [.transcriptsEqual])
  }

  @Test func whatWasNotReachedIsNotProvable() {
    let exchange = Sample.failed("wrong-key")
    #expect(exchange.verdict == .failed)
    #expect(exchange.checks.map(\.id) == [.imageIdentical, .keyConfirmed, .transcriptsEqual])
    #expect(exchange.checks.map(\.verdict) == [.refuted, .notProvable, .notProvable])
    #expect(exchange.check(.imageIdentical)?.finding == "The peer's key confirmation is wrong.")
  }

  /// docs/capture.md promises that the run fails; its image did arrive.
  @Test func aCaptureThatRefutesMakesTheRunFail() {
    var exchange = Sample.exchange("classic")
    exchange.capture = Self.capture(blocks: .notProvable)
    #expect(Sample.report([exchange]).verdict == .identical)
    exchange.capture = Self.capture(blocks: .refuted)
    let run = Sample.report([exchange])
    #expect(exchange.verdict == .identical && run.verdict == .failed)
    #expect(
      run.checks.filter { $0.verdict == .refuted }.map(\.id.rawValue) == ["classic/blockPattern"])
    #expect(Comparison(run, run).after.failed == ["classic"])
  }

  @Test func sweepsAreChecked() {
    var run = Sample.report([Sample.exchange("classic")])
    run.sweep = SweepFixture.report()
    #expect(run.verdict == .identical && run.checks.worst == .proved)
    run.sweep?.points[0].samples[0] = SweepFixture.failed
    let name = run.sweep?.points[0].name ?? ""
    #expect(run.verdict == .failed && run.sweep?.points[0].verdict == .failed)
    #expect(
      run.checks.filter { $0.verdict == .refuted }.map(\.id.rawValue) == ["sweep/\(name)"])
    run.sweep = SweepFixture.report()
    run.sweep?.points[0].samples.removeLast()
    #expect(run.checks.filter { $0.verdict == .refuted }.map(\.id) == [.sweepComplete])
    #expect(Sample.report([]).checks.map(\.verdict) == [.refuted])
  }

  /// Reports of pilab before checks: no `checks`, and claims without `id`.
  @Test func earlierReportsAreRead() throws {
    var differing = Sample.exchange("differing")
    differing.sha256["receiverDecrypted"] = Sample.hex(77)
    differing.judge(decryptedIsOriginal: false)
    var captured = Sample.exchange("captured")
    captured.capture = Self.capture(blocks: .refuted)
    let run = Sample.report([captured, differing, Sample.failed("wrong-key")])
    let text = String(decoding: try ReportFile.encode(run), as: UTF8.self)
    var document = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var exchanges = try #require(document["exchanges"] as? [[String: Any]])
    for index in exchanges.indices {
      #expect(exchanges[index].removeValue(forKey: "checks") != nil)
    }
    var capture = try #require(exchanges[0]["capture"] as? [String: Any])
    var evidence = try #require(capture["evidence"] as? [String: [String: Any]])
    for key in evidence.keys { #expect(evidence[key]?.removeValue(forKey: "id") as? String == key) }
    capture["evidence"] = evidence
    exchanges[0]["capture"] = capture
    document["exchanges"] = exchanges
    let earlier = try JSONSerialization.data(withJSONObject: document)
    #expect(try ReportFile.decode(earlier) == run)
  }
}
