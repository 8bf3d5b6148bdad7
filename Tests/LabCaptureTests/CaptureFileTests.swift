import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabCapture

@Suite struct CaptureFileTests {
  private func analyse(
    _ bytes: [UInt8], in folder: TemporaryFolder, limits: CaptureReading.Limits = .init()
  ) throws -> CaptureResult {
    try folder.write(bytes, to: "capture")
    return try CaptureAnalysis(
      capture: folder.path("capture"), exchange: Fixture.report(), folder: folder.path
    ).evidence(limits: limits)
  }

  @Test func whatIsNoCaptureIsRefusedInWords() throws {
    let folder = try TemporaryFolder()
    for bytes in [[], [1, 2, 3], Fixture.noise(4096), Array(CaptureWriter().bytes.prefix(20))] {
      let error = #expect(throws: CaptureError.self) { try analyse(bytes, in: folder) }
      #expect(error?.description.contains("capture") == true)
      #expect(error?.description.contains("pcap") == true)
    }
    for path in [folder.path, folder.path("absent"), "/dev/zero", "-"] {
      let analysis = CaptureAnalysis(
        capture: path, exchange: Fixture.report(), folder: folder.path)
      #expect(throws: CaptureError.self, "\(path)") { try analysis.evidence() }
    }
    // IEEE 802.11.
    let wireless = CaptureWriter(linkType: 105).bytes
    let error = #expect(throws: CaptureError.self) { try analyse(wireless, in: folder) }
    #expect(error?.description.contains("IEEE802_11") == true)
  }

  @Test func anEmptyCaptureProvesNothing() throws {
    let folder = try TemporaryFolder()
    try folder.write(Fixture.noise(1000), to: "original.ppm")
    let report = try analyse(CaptureWriter().bytes, in: folder)
    #expect(report.traffic == CaptureTraffic())
    #expect(report.evidence.claims.allSatisfy { $0.verdict == .notProvable })
  }

  @Test(arguments: [false, true]) func aConversationIsCounted(isIPv6: Bool) throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    let stream = Fixture.noise(3000)
    for packet in CaptureWriter.conversation(stream, sizes: [7, 500], isIPv6: isIPv6) {
      writer.add(packet.ethernet)
    }
    let report = try analyse(writer.bytes, in: folder)
    let conversation = try #require(report.conversations.first)
    #expect(report.conversations.count == 1)
    #expect(conversation.client.address == (isIPv6 ? "fd00::2" : "10.0.0.2"))
    #expect(conversation.client.payloadBytes == 3000)
    #expect(conversation.server.payloadBytes == 0)
    #expect(conversation.handshakeNanoseconds == 20_000)
    #expect(conversation.isWhole)
    #expect(report.traffic.malformedPackets == 0 && report.traffic.otherPackets == 0)
  }

  @Test func theSamePortsMayBeUsedAgain() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    for first in [1000, 900_000] as [UInt32] {
      for packet in CaptureWriter.conversation(Fixture.noise(100), sizes: [60], first: first) {
        writer.add(packet.ethernet)
      }
    }
    let report = try analyse(writer.bytes, in: folder)
    #expect(report.conversations.map(\.client.payloadBytes) == [100, 100])
    #expect(report.conversations.allSatisfy { $0.isWhole })
    var limits = CaptureReading.Limits()
    limits.conversations = 1
    let bounded = try analyse(writer.bytes, in: folder, limits: limits)
    #expect(bounded.conversations.count == 1)
    #expect(bounded.traffic.unfollowedPackets > 0)
  }

  /// Link types of the same packets: raw IP, Linux cooked, and Ethernet with two VLAN tags.
  @Test func linkTypes() throws {
    let folder = try TemporaryFolder()
    let cooked: [UInt8] = [0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 0x08, 0x00]
    let cooked2: [UInt8] = [0x08, 0x00] + Array(repeating: 0, count: 18)
    let tagged: [UInt8] =
      Array(repeating: 2, count: 12) + [0x88, 0xA8, 0, 1, 0x81, 0, 0, 2, 0x08, 0x00]
    for (number, header) in [(101, []), (228, []), (113, cooked), (276, cooked2), (1, tagged)] {
      var writer = CaptureWriter(linkType: UInt32(number))
      for packet in CaptureWriter.conversation(Fixture.noise(500), sizes: [100]) {
        writer.add(header + packet.ip)
      }
      let report = try analyse(writer.bytes, in: folder)
      #expect(report.conversations.map(\.client.payloadBytes) == [500], "\(number)")
    }
  }

  @Test func hostileLengthsAreMalformed() throws {
    let folder = try TemporaryFolder()
    let good = Made(sequence: 1, payload: Fixture.noise(50)).ethernet
    let good6 = Made(sequence: 1, payload: Fixture.noise(50), isIPv6: true).ethernet
    func changed(_ frame: [UInt8], _ bytes: [Int: UInt8]) -> [UInt8] {
      bytes.reduce(into: frame) { $0[$1.key] = $1.value }
    }
    let frames = [
      changed(good, [14: 0x4F, 17: 50]), changed(good, [14: 0x44]), changed(good, [14: 0x15]),
      changed(good, [16: 0xFF, 17: 0xFF]), changed(good, [16: 0, 17: 19]),
      changed(good, [16: 0, 17: 30]), changed(good, [46: 0xF0, 17: 50]), changed(good, [46: 0x40]),
      changed(good6, [18: 0xFF]), changed(good6, [20: 0, 54: 6, 55: 0xFF]),
      Array(good.prefix(13)), Array(repeating: 0x81, count: 12) + [0x81, 0],
    ]
    var writer = CaptureWriter()
    for frame in frames { writer.add(frame) }
    let report = try analyse(writer.bytes, in: folder)
    #expect(report.traffic.packets == UInt64(frames.count))
    #expect(report.traffic.malformedPackets == UInt64(frames.count))
    #expect(report.conversations.isEmpty)
  }

  /// Every packet of a conversation cut at every length: counted, never read beyond.
  @Test func packetsCutAnywhere() throws {
    let folder = try TemporaryFolder()
    for isIPv6 in [false, true] {
      let frame = Made(sequence: 1, payload: Fixture.noise(20), isIPv6: isIPv6).ethernet
      var writer = CaptureWriter()
      for length in 0..<frame.count { writer.add(frame, captured: length) }
      let report = try analyse(writer.bytes, in: folder)
      #expect(report.traffic.truncatedPackets == UInt64(frame.count))
      #expect(report.traffic.malformedPackets == 0)
      #expect(report.traffic.packets == report.traffic.tcpPackets + report.traffic.otherPackets)
    }
  }

  /// Bytes changed at random, always the same ones: it must end, and count every packet it got.
  @Test func damagedCaptures() throws {
    let folder = try TemporaryFolder()
    var writer = CaptureWriter()
    for packet in CaptureWriter.conversation(Fixture.noise(2000), sizes: [300]) {
      writer.add(packet.ethernet)
    }
    for seed in 1...300 as ClosedRange<UInt64> {
      var bytes = writer.bytes
      let noise = Fixture.noise(30, seed: seed &* 7919)
      for turn in 0..<10 {
        let place = Int(noise[turn * 3]) << 8 | Int(noise[turn * 3 + 1])
        bytes[24 + place % (bytes.count - 24)] = noise[turn * 3 + 2]
      }
      let traffic = try analyse(bytes, in: folder).traffic
      #expect(traffic.packets == traffic.tcpPackets + traffic.otherPackets)
    }
  }

  @Test func fragmentsAreNotPutTogether() throws {
    let folder = try TemporaryFolder()
    var frame = Made(sequence: 1, payload: Fixture.noise(50)).ethernet
    frame[20] = 0x20
    var writer = CaptureWriter()
    writer.add(frame)
    #expect(try analyse(writer.bytes, in: folder).traffic.fragments == 1)
  }

  @Test(.enabled(if: RealCapture.isPossible, RealCapture.reason))
  func tsharkCountsTheSameRetransmissions() throws {
    let folder = try TemporaryFolder()
    var packets = CaptureWriter.conversation(Fixture.noise(4000), sizes: [400])
    // Long after the first copy, else tshark takes them for disorder.
    let late = [packets[4], packets[7]]
    packets.insert(contentsOf: late, at: 12)
    var writer = CaptureWriter()
    for (index, packet) in packets.enumerated() {
      if index == 12 { writer.pause(300_000) }
      writer.add(packet.ethernet)
    }
    let end = try #require(try analyse(writer.bytes, in: folder).conversations.first).client
    #expect(end.retransmittedSegments == 2 && end.retransmittedBytes == 800)
    let lines = try run(
      ["tshark", "-r", folder.path("capture"), "-Y", "tcp.analysis.retransmission"], in: folder)
    #expect(lines.split(separator: "\n").count == 2)
  }
}
