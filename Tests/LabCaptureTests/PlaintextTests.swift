import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabCapture

@Suite struct PlaintextTests {
  private let image =
    Fixture.noise(64) + Array(repeating: 255, count: 96) + Fixture.noise(70, seed: 5)

  private func search(_ packets: [Made], image: [UInt8]? = nil) throws -> Check {
    let folder = try TemporaryFolder()
    try folder.write(image ?? self.image, to: "original.ppm")
    var writer = CaptureWriter()
    for packet in packets { writer.add(packet.ethernet) }
    try folder.write(writer.bytes, to: "capture")
    return try CaptureAnalysis(
      capture: folder.path("capture"), exchange: Fixture.report(), folder: folder.path
    ).evidence().evidence.plaintextAbsent
  }

  @Test(arguments: 1...70) func isFoundAcrossSegmentsOfAnySize(size: Int) throws {
    let packets = CaptureWriter.conversation([9, 9, 9] + image, sizes: [size])
    let claim = try search(packets)
    #expect(claim.verdict == .refuted)
    // 230 bytes are 7 windows, 3 of them white.
    #expect(claim.counts["windows"] == 4 && claim.counts["constantWindows"] == 3)
    #expect(claim.counts["matches"] == 4)
    #expect(claim.finding.contains("at byte 3 of what 10.0.0.2:5000 sent"), "\(claim.finding)")
  }

  @Test func whatIsShorterThanAWindowIsNot() throws {
    let pieces = Array(image[..<31]) + [0] + Array(image[32..<63]) + [0]
    let claim = try search(CaptureWriter.conversation(pieces, sizes: [10]))
    #expect(claim.counts["matches"] == 0)
    // There is no exchange in it, so nothing is proved either.
    #expect(claim.verdict == .notProvable)
  }

  /// Disordered, and hidden in a retransmission whose first copy was harmless.
  @Test func isFoundHoweverItIsSent() throws {
    var packets = CaptureWriter.conversation(image, sizes: [20])
    packets.swapAt(4, 8)
    packets.swapAt(5, 6)
    #expect(try search(packets).verdict == .refuted)
    var hidden = CaptureWriter.conversation(Array(repeating: 0, count: 64), sizes: [64])
    hidden.insert(Made(sequence: 1001, payload: Array(image[..<64])), at: 4)
    #expect(try search(hidden).verdict == .refuted)
    // Beside every stream: no TCP at all.
    var udp = Made(sequence: 1, payload: Array(image[..<64]))
    udp.isIPv6 = true
    var writer = CaptureWriter()
    var frame = udp.ethernet
    frame[20] = 17
    writer.add(frame)
    let folder = try TemporaryFolder()
    try folder.write(image, to: "original.ppm")
    try folder.write(writer.bytes, to: "capture")
    let report = try CaptureAnalysis(
      capture: folder.path("capture"), exchange: Fixture.report(), folder: folder.path
    ).evidence()
    #expect(report.traffic.otherPackets == 1)
    #expect(report.evidence.plaintextAbsent.verdict == .refuted)
  }

  @Test func bytesOnBothSidesOfAGapAreNoNeighbours() throws {
    var packets = CaptureWriter.conversation(
      Array(image[..<16]) + [1] + image[16..<32], sizes: [16, 1])
    packets.remove(at: 4)
    #expect(try search(packets).counts["matches"] == 0)
  }

  @Test(arguments: [0, 31, 4096]) func imagesThatSayNothing(size: Int) throws {
    let white = [UInt8](repeating: 255, count: size)
    let claim = try search(CaptureWriter.conversation(white, sizes: [100]), image: white)
    #expect(claim.verdict == .notProvable)
    #expect(claim.counts["constantWindows"] == UInt64(size / 32))
    #expect(claim.finding.contains("all the same"))
  }

  @Test func largeImagesAreSampledAndTheRunIsGuaranteed() throws {
    let folder = try TemporaryFolder()
    let size = 33 << 20
    var bytes = [UInt8](repeating: 0, count: size)
    for index in stride(from: 0, to: size, by: 16) {
      bytes[index] = UInt8(truncatingIfNeeded: index >> 4)
      bytes[index + 1] = UInt8(truncatingIfNeeded: index >> 12)
      bytes[index + 2] = UInt8(truncatingIfNeeded: index >> 20)
    }
    let index = try PlaintextIndex(path: folder.write(bytes, to: "large"))
    #expect(index.step == 64 && index.windows <= UInt64(PlaintextIndex.windowLimit))
    #expect(index.guaranteedRun == 95)
    for start in [0, 1, 31, 32, 33, 63, size - 95, 20_000_001] {
      let found = try bytes[start..<start + 95].withUnsafeBytes {
        try index.firstMatch(in: $0, from: 0)
      }
      #expect(found != nil, "\(start)")
    }
  }
}
