import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabCapture

@Suite(.enabled(if: RealCapture.isPossible, RealCapture.reason), .serialized)
struct RealCaptureTests {
  struct Setting: Sendable {
    var report: ExchangeResult
    var options = ""
    var interface = "lo"
    var capture = "-P"
    var linkType = "EN10MB"
  }

  static let settings = [
    Setting(report: Fixture.report()),
    Setting(
      report: Fixture.report(cipher: "aes-128-ctr"), interface: "any",
      capture: "-y LINUX_SLL2", linkType: "LINUX_SLL2"),
    Setting(
      report: Fixture.report(
        profile: "sealed", group: "ffdhe3072", bits: 3072, cipher: "cobblestone-128",
        authentication: "psk"), interface: "any", capture: "-P", linkType: "LINUX_SLL"),
    Setting(report: Fixture.report(), interface: "veth"),
    // pcapng, and a public value of one byte.
    Setting(
      report: Fixture.report(group: "custom-5", bits: 5),
      options: "--prime 23 --generator 5", capture: ""),
  ]

  @Test(arguments: settings) func everyClaimIsProved(setting: Setting) throws {
    let folder = try TemporaryFolder()
    let report = try RealCapture.exchange(
      setting.report, options: setting.options, interface: setting.interface,
      capture: setting.capture, in: folder)
    let found = try RealCapture.analyse(report, in: folder)
    for claim in found.evidence.claims {
      #expect(claim.verdict == .proved, "\(claim.claim) \(claim.finding)")
    }
    #expect(found.linkType == setting.linkType)
    #expect(found.traffic.truncatedPackets == 0)
    #expect(found.traffic.cutShort == nil)
    let conversation = found.conversations[try #require(found.exchangeConversation)]
    let address = setting.interface == "veth" ? "10.9.0.1" : "127.0.0.1"
    #expect(conversation.server.address == address && conversation.server.port == 4000)
    #expect(conversation.isWhole)
    #expect(try #require(conversation.handshakeNanoseconds) < 1_000_000_000)
    try checkPattern(found, cipher: report.cipher, in: folder)
    try checkAgainstTshark(found, conversation, in: folder)
  }

  /// Counts the blocks of the files anew, in another way.
  private func checkPattern(
    _ found: CaptureResult, cipher: String, in folder: TemporaryFolder
  ) throws {
    let counts = found.evidence.blockPattern.counts
    let wire = try folder.read("encrypted.bin")
    #expect(counts["blocks"] == UInt64(wire.count / 16))
    guard cipher == "aes-128-ecb" else {
      #expect(counts["repeatedBlocks"] == 0)
      return
    }
    let blocks = stride(from: 0, to: wire.count, by: 16).map { Array(wire[$0..<$0 + 16]) }
    let distinct = Set(blocks).count
    #expect(distinct < blocks.count)
    #expect(counts["distinctPlaintextBlocks"] == UInt64(distinct))
    #expect(counts["equalPairs"] == UInt64(blocks.count - distinct))
  }

  /// tshark shares no code with the analysis but libpcap's formats.
  private func checkAgainstTshark(
    _ found: CaptureResult, _ conversation: ConversationSummary, in folder: TemporaryFolder
  ) throws {
    // By the client's port: a receiver that comes before the sender listens tries again from another.
    let text = try run(
      [
        "tshark", "-r", folder.path("capture"), "-Y", "tcp.port==\(conversation.client.port)", "-T",
        "fields", "-e",
        "tcp.srcport", "-e", "tcp.len", "-e", "tcp.analysis.retransmission", "-e",
        "tcp.analysis.duplicate_ack",
      ], in: folder)
    let rows = text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    for end in [conversation.client, conversation.server] {
      let mine = rows.filter { $0[0] == "\(end.port)" }
      #expect(!mine.isEmpty)
      #expect(end.packets == UInt64(mine.count))
      let bytes = mine.reduce(0) { $0 + (UInt64($1[1]) ?? 0) }
      #expect(end.payloadBytes + end.retransmittedBytes == bytes)
      #expect(end.duplicateACKs == UInt64(mine.count { $0[3] == "1" }))
    }
  }

  @Test(arguments: [
    ("65536", "whole"), ("13", "odd"), ("1447", "odd"), ("31", "shorter than a window"),
  ])
  func aTransferInClearIsRefuted(size: String, what: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Fixture.noise(60_000), to: "original.ppm")
    try folder.write(Array(Self.clearTransfer.utf8), to: "clear.py")
    try RealCapture.capture("python3 clear.py original.ppm \(size)", in: folder)
    let found = try RealCapture.analyse(Fixture.report(bytes: 60_000), in: folder)
    let claim = found.evidence.plaintextAbsent
    #expect(claim.verdict == .refuted, "\(claim.finding)")
    #expect(claim.counts["windows"] == 1875)
    #expect(claim.counts["matches"] == 1875)
    #expect(found.evidence.ciphertextIdentical.verdict == .notProvable)
    #expect(found.conversations.count == 1)
    #expect(found.conversations[0].client.payloadBytes == 60_000)
  }

  static let clearTransfer = """
    import socket, sys
    data, size = open(sys.argv[1], "rb").read(), int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server, _ = listener.accept()
    for start in range(0, len(data), size):
        client.sendall(data[start:start + size])
        wanted = len(data[start:start + size])
        while wanted:
            wanted -= len(server.recv(wanted))
    client.close()
    server.close()

    """

  @Test func anIncompleteCaptureProvesNothingItDoesNotHold() throws {
    let folder = try TemporaryFolder()
    let report = try RealCapture.exchange(Fixture.report(), in: folder)
    // Cut in the middle: libpcap says so, and what is there still agrees.
    let whole = try folder.read("capture")
    try folder.write(Array(whole.prefix(whole.count / 2)), to: "half")
    let half = try RealCapture.analyse(report, "half", in: folder)
    #expect(half.traffic.cutShort != nil)
    #expect(half.evidence.claims.allSatisfy { $0.verdict == .notProvable })
    #expect(half.evidence.ciphertextIdentical.finding.contains("that are there agree"))
    // Without its first packets there is no HELLO to know it by.
    let hello = try #require(
      try run(
        [
          "tshark", "-r", folder.path("capture"), "-Y", "tcp.srcport==4000 && tcp.len>0", "-T",
          "fields", "-e", "frame.number",
        ], in: folder
      ).split(separator: "\n").first)
    _ = try run(["editcap", folder.path("capture"), folder.path("late"), "1-\(hello)"], in: folder)
    let late = try RealCapture.analyse(report, "late", in: folder)
    #expect(late.evidence.claims.allSatisfy { $0.verdict == .notProvable })
    // Snap length too short for the image.
    _ = try run(
      ["editcap", "-s", "500", folder.path("capture"), folder.path("snapped")], in: folder)
    let snapped = try RealCapture.analyse(report, "snapped", in: folder)
    #expect(snapped.traffic.truncatedPackets > 0)
    #expect(snapped.evidence.claims.allSatisfy { $0.verdict == .notProvable })
    #expect(snapped.evidence.ciphertextIdentical.finding.contains("not in the capture"))
  }

  @Test func whatTheWireContradictsIsRefuted() throws {
    let folder = try TemporaryFolder()
    let report = try RealCapture.exchange(Fixture.report(), in: folder)
    var wrong = report
    wrong.group = "ffdhe3072"
    wrong.receiver = "mallory"
    wrong.image.bytes += 1
    wrong.senderResult?.transcript = String(repeating: "0", count: 64)
    let claim = try RealCapture.analyse(wrong, in: folder).evidence.protocolAgrees
    #expect(claim.verdict == .refuted)
    for part in ["group identifier", "mallory's name", "HEADER", "transcript"] {
      #expect(claim.finding.contains(part), "\(claim.finding)")
    }
    // Another run's capture.
    var other = report
    other.senderResult?.publicValue = String(repeating: "ab", count: 256)
    let foreign = try RealCapture.analyse(other, in: folder).evidence
    #expect(foreign.protocolAgrees.verdict == .refuted)
    #expect(foreign.ciphertextIdentical.verdict == .notProvable)
    // One bit of the stored file.
    var stored = try folder.read("encrypted.bin")
    stored[200_000] ^= 1
    try folder.write(stored, to: "encrypted.bin")
    let flipped = try RealCapture.analyse(report, in: folder).evidence.ciphertextIdentical
    #expect(flipped.verdict == .refuted)
    #expect(flipped.finding.contains("byte 200 000 "))
    try folder.write(stored + [0], to: "encrypted.bin")
    // One byte of the original: its block has now two ciphertexts, or a shared one.
    var original = try folder.read("original.ppm")
    let white = try #require(
      (0..<20_000).first { original[$0 * 16..<$0 * 16 + 16].allSatisfy { $0 == 255 } })
    original[white * 16] = 7
    try folder.write(original, to: "original.ppm")
    #expect(try RealCapture.analyse(report, in: folder).evidence.blockPattern.verdict == .refuted)
  }
}
