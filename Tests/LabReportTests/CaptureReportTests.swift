import Foundation
import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

@Suite struct CaptureReportTests {
  private func claim(
    _ id: Check.ID, _ claim: String, _ verdict: Verdict = .proved, _ finding: String = "Found."
  ) -> Check {
    Check(id: id, claim: claim, verdict: verdict, finding: finding, counts: ["blocks": 7])
  }

  private func capture(
    plaintext: Verdict = .proved, blocks: Verdict = .proved,
    file: String = "wire.pcap"
  ) -> CaptureResult {
    var traffic = CaptureTraffic()
    (traffic.packets, traffic.tcpPackets, traffic.conversations) = (1042, 1040, 1)
    var client = ConversationEnd(address: "10.20.0.2", port: 51_000)
    (client.packets, client.payloadBytes) = (500, 425)
    (client.sawSYN, client.sawFIN) = (true, true)
    var server = ConversationEnd(address: "10.20.0.1", port: 4000)
    (server.packets, server.payloadBytes) = (540, 394_112)
    (server.retransmittedSegments, server.retransmittedBytes) = (2, 2896)
    (server.sawSYN, server.sawFIN) = (true, true)
    return CaptureResult(
      file: file, linkType: "EN10MB", traffic: traffic,
      conversations: [
        ConversationSummary(
          client: client, server: server, firstNanoseconds: 5, lastNanoseconds: 2_500_005,
          handshakeNanoseconds: 61_000)
      ], exchangeConversation: 0,
      evidence: CaptureEvidence(
        plaintextAbsent: claim(.plaintextAbsent, "No plaintext.", plaintext),
        ciphertextIdentical: claim(.ciphertextIdentical, "The ciphertext."),
        protocolAgrees: claim(.protocolAgrees, "The protocol."),
        blockPattern: claim(.blockPattern, "The blocks.", blocks, "Found 12 of them.")))
  }

  private func page(
    _ capture: CaptureResult?, in folder: TemporaryFolder
  ) throws -> (errors: [String], text: String) {
    var exchange = Sample.exchange("classic")
    exchange.capture = capture
    // Twice, because ids must differ between exchanges.
    let report = Sample.report([exchange, exchange])
    let html = try HTMLReport(report: report, folder: folder.path("")).render()
    let checked = try output(of: ["python3", Fixture.checker], input: html, in: folder)
    let object = try #require(JSONSerialization.jsonObject(with: checked) as? [String: Any])
    let text = try #require(object["text"] as? String)
    return (
      try #require(object["errors"] as? [String]), text.replacing("\u{A0}", with: " ")
    )
  }

  @Test func roundTripAndOldReports() throws {
    var report = Sample.report([Sample.exchange("classic")])
    let old = try ReportFile.encode(report)
    #expect(!String(decoding: old, as: UTF8.self).contains("\"capture\""))
    #expect(try ReportFile.decode(old).exchanges[0].capture == nil)
    report.exchanges[0].capture = capture(blocks: .notProvable)
    #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
  }

  @Test func thePageShowsConversationsAndClaims() throws {
    let folder = try TemporaryFolder()
    let (errors, text) = try page(capture(plaintext: .refuted, blocks: .notProvable), in: folder)
    #expect(errors == [])
    for part in [
      "On the wire", "1 042 packets, 1 040 of them TCP, in 1 conversation.",
      "10.20.0.2:51000 → 10.20.0.1:4000, the exchange", "384.9 KiB", "500 + 540", "2 (2.8 KiB)",
      "61.0 µs", "2.50 ms", "whole", "✗", "refuted", "✓", "proved", "?", "not provable",
      "Found 12 of them.",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    let without = try page(nil, in: folder)
    #expect(without.errors == [])
    #expect(!without.text.contains("On the wire"))
  }

  @Test(arguments: ["<script>alert(1)</script>", "\" onload=\"x", "a\u{1B}]0;x\u{7}"])
  func hostileTextStaysText(text: String) throws {
    let folder = try TemporaryFolder()
    var hostile = capture(file: text)
    hostile.linkType = text
    hostile.traffic.cutShort = text
    hostile.conversations[0].client.address = text
    hostile.conversations[0].firstNanoseconds = .max
    hostile.conversations[0].client.missingBytes = .max
    hostile.conversations[0].server.missingBytes = .max
    hostile.evidence.blockPattern.finding = text
    let page = try page(hostile, in: folder)
    #expect(page.errors == [])
    #expect(page.text.contains(Human.printable(text)))
  }

  @Test func theTerminalSaysItInALine() {
    var exchange = Sample.exchange("classic")
    func text() -> String {
      TerminalSummary(Sample.report([exchange]), isVerbose: true).render(color: false, width: 100)
    }
    #expect(!text().contains("  wire"))
    exchange.capture = capture()
    #expect(
      text().contains(
        """
          wire          10.20.0.2:51000 → 10.20.0.1:4000, 425 bytes out and 384.9 KiB back, retransmitted: 2
                        (2.8 KiB)
          evidence      of 4 claims on the capture: ✓ 4 proved

        """))
    exchange.capture = capture(plaintext: .notProvable, blocks: .refuted)
    let bad = text()
    #expect(bad.hasPrefix("Failed: the capture of exchange classic refutes a claim: The blocks.\n"))
    #expect(bad.contains("✗ 1 refuted, ? 1 not provable, ✓ 2 proved\n"))
    #expect(bad.contains("                The blocks. Found 12 of them.\n"))
  }
}
