import Foundation
import LabResults

@testable import LabCapture

enum Fixture {
  static let horse = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lab/images/horse.ppm").standardized.path

  /// The folder of pi-sender and pi-receiver: PILAB_PROGRAMS, else that of the test bundle.
  static var programs: String {
    ProcessInfo.processInfo.environment["PILAB_PROGRAMS"]
      ?? (CommandLine.arguments[0] as NSString).deletingLastPathComponent
  }

  /// Bytes that look like a picture's and never repeat 32 bytes: a counter, spread by a multiplier.
  static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  static func report(
    profile: String = "classic", group: String = "ffdhe2048", bits: Int = 2048,
    cipher: String = "aes-128-ecb", authentication: String = "none", bytes: UInt64 = 393_615
  ) -> ExchangeResult {
    ExchangeResult(
      name: "only", sender: "alice", receiver: "bob", profile: profile, group: group,
      groupBits: bits, cipher: cipher, authentication: authentication,
      image: ImageReport(name: "horse.ppm", bytes: bytes),
      files: ["original": "original.ppm", "senderEncrypted": "encrypted.bin"])
  }
}

/// Keeps all that an assembler hands on.
struct Recorder: StreamConsumer {
  struct Gap: Equatable {
    var offset: UInt64
    var count: UInt64
  }

  /// The stream, missing bytes as zeros.
  var stream: [UInt8] = []
  var gaps: [Gap] = []
  var asides: [[UInt8]] = []
  var misplaced = 0

  mutating func receive(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
    if offset != UInt64(stream.count) { misplaced += 1 }
    stream += bytes
  }

  mutating func gap(at offset: UInt64, count: UInt64) {
    if offset != UInt64(stream.count) { misplaced += 1 }
    gaps.append(Gap(offset: offset, count: count))
    if count < 1 << 20 { stream += Array(repeating: 0, count: Int(count)) }
  }

  mutating func aside(_ bytes: UnsafeRawBufferPointer) { asides.append(Array(bytes)) }
}
