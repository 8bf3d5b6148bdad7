import Foundation
import LabCore
import LabResults
import TestSupport

/// Reports for the tests: files really encrypted by the openssl command, times as once measured.
public enum Sample {
  public static func report(_ exchanges: [ExchangeResult]) -> RunResult {
    RunResult(
      pilabVersion: "0.1.0", lab: "two-boards", mode: "loopback",
      startedAt: "2026-03-14T09:26:53Z", durationNanoseconds: 1_843_000_000,
      environment: RunEnvironment(
        operatingSystem: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0-18-amd64",
        processor: "Intel Xeon Platinum 8370C", processors: 2, memoryBytes: 8_326_967_296),
      boards: [
        BoardReport(name: "alice", address: "10.20.0.1"),
        BoardReport(name: "bob", address: "10.20.0.2"),
      ],
      exchanges: exchanges)
  }

  public static func exchange(
    _ name: String, profile: String = "classic", cipher: String = "aes-128-ecb",
    authentication: String = "none"
  ) -> ExchangeResult {
    let group = profile == "classic" ? ("ffdhe2048", 2048) : ("ffdhe3072", 3072)
    let alice = result(role: "sender", profile, group, cipher, authentication)
    let bob = result(role: "receiver", profile, group, cipher, authentication)
    var exchange = ExchangeResult(
      name: name, sender: "alice", receiver: "bob", profile: profile, group: group.0,
      groupBits: group.1, cipher: cipher, authentication: authentication,
      image: ImageReport(name: "horse.ppm", bytes: 393_615),
      sha256: [
        "original": hex(1), "senderEncrypted": hex(2), "receiverEncrypted": hex(2),
        "receiverDecrypted": hex(1),
      ],
      senderResult: alice, receiverResult: bob)
    exchange.judge(decryptedIsOriginal: true)
    return exchange
  }

  /// The horse, encrypted and decrypted by openssl, with true hashes; files named after the exchange.
  public static func encrypted(
    _ name: String, profile: String = "classic", cipher: String = "aes-128-ecb",
    openssl: String = "aes-128-ecb", authentication: String = "none", in folder: TemporaryFolder
  ) throws -> ExchangeResult {
    var exchange = exchange(
      name, profile: profile, cipher: cipher, authentication: authentication)
    exchange.files = [
      "original": "\(name)-original.ppm", "senderEncrypted": "\(name)-sender.enc",
      "receiverEncrypted": "\(name)-receiver.enc", "receiverDecrypted": "\(name)-decrypted.ppm",
    ]
    let horse = [UInt8](try Data(contentsOf: URL(filePath: Fixture.horse)))
    try folder.write(horse, to: "\(name)-original.ppm")
    for end in ["sender", "receiver"] {
      try Fixture.openssl(openssl, from: Fixture.horse, to: "\(name)-\(end).enc", in: folder)
    }
    try Fixture.openssl(
      openssl, from: folder.path("\(name)-receiver.enc"), to: "\(name)-decrypted.ppm",
      decrypt: true, in: folder)
    for (key, file) in exchange.files {
      exchange.sha256[key] = try Fixture.sha256(folder.path(file), in: folder)
    }
    exchange.judge()
    return exchange
  }

  public static func failed(_ name: String) -> ExchangeResult {
    var exchange = exchange(name, profile: "sealed", cipher: "cobblestone-128")
    exchange.authentication = "psk"
    exchange.sha256 = ["original": hex(1)]
    exchange.senderResult = nil
    exchange.receiverResult = nil
    exchange.failure = LabError(
      .init("key_confirmation_failed"), "The peer's key confirmation is wrong.", board: "bob",
      step: "confirm", hint: "Give both boards the same pre-shared key.")
    exchange.judge()
    return exchange
  }

  /// 64 hexadecimal digits that differ by seed.
  public static func hex(_ seed: UInt64) -> String {
    var state = seed
    return (0..<4).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = String(state, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private static func result(
    role: String, _ profile: String, _ group: (String, Int), _ cipher: String,
    _ authentication: String
  ) -> BoardResult {
    let isSender = role == "sender"
    let values = [hex(21) + hex(22) + hex(23) + hex(24), hex(31) + hex(32) + hex(33) + hex(34)]
    return BoardResult(
      program: "pi-\(role)", version: "0.1.0", role: role, board: isSender ? "alice" : "bob",
      peer: isSender ? "bob" : "alice", profile: profile, group: group.0, groupBits: group.1,
      cipher: cipher, authentication: authentication, plaintextBytes: 393_615,
      ciphertextBytes: 393_616, sha256: [:], keyConfirmed: true, transcript: hex(9),
      publicValue: values[isSender ? 0 : 1], peerPublicValue: values[isSender ? 1 : 0],
      insecure: authentication == "none" ? ["no-authentication"] : [],
      nanoseconds: isSender ? senderTimes : receiverTimes,
      marks: isSender ? senderMarks : receiverMarks,
      peakResidentBytes: isSender ? 9_437_184 : 9_961_472)
  }

  private static let senderTimes: [String: UInt64] = [
    "keyGeneration": 612_400, "exchange": 184_200, "secret": 598_700, "read": 41_300,
    "encrypt": 48_912, "send": 143_800, "hash": 221_500, "store": 402_100, "total": 9_482_000,
  ]
  private static let receiverTimes: [String: UInt64] = [
    "keyGeneration": 604_900, "exchange": 203_100, "secret": 603_300, "receive": 312_700,
    "decrypt": 44_100, "hash": 218_900, "store": 811_600, "total": 5_120_000,
  ]
  private static let senderMarks: [String: UInt64] = [
    "start": 1_000_000_000, "connected": 1_006_210_000, "hello": 1_006_401_000,
    "confirmed": 1_007_204_000, "firstByte": 1_007_291_000, "lastByte": 1_007_804_000,
    "end": 1_009_482_000,
  ]
  private static let receiverMarks: [String: UInt64] = [
    "start": 1_004_300_000, "connected": 1_006_190_000, "hello": 1_006_432_000,
    "confirmed": 1_007_187_000, "firstByte": 1_007_330_000, "lastByte": 1_007_951_000,
    "end": 1_009_420_000,
  ]
}
