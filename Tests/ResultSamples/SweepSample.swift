import LabCore
import LabResults

/// A sweep with numbers that a formula gives, for the tests.
public enum SweepFixture {
  public static let ciphers = [
    ("classic", "aes-128-ecb"), ("classic", "aes-128-ctr"), ("sealed", "cobblestone-128"),
  ]

  /// 2 ms and 1 ms a MiB, the three ciphers 1, 1.1 and 1.2 times that; `noise` is the share by which
  /// measurements lie apart, `factor` makes all of it slower.
  public static func report(
    sizes: [UInt64] = [1 << 10, 1 << 20, 1 << 24], groups: [String] = ["ffdhe2048"],
    repeats: Int = 5, noise: Double = 0.02, factor: Double = 1
  ) -> SweepResult {
    var points: [SweepPoint] = []
    var position = 0
    for (number, (profile, cipher)) in ciphers.enumerated() {
      for group in groups {
        for size in sizes {
          let base =
            (2e6 + Double(size) / Double(1 << 20) * 1e6) * (1 + 0.1 * Double(number)) * factor
          let samples = (0..<repeats).map { index in
            let place = Double((index * 7 + position * 3) % 11) / 10 - 0.5
            return sample(position + index, base * (1 + noise * place))
          }
          position += repeats
          points.append(
            SweepPoint(
              mode: "loopback", profile: profile, cipher: cipher, group: group, groupBits: 2048,
              authentication: profile == "sealed" ? "psk" : "none",
              image: ImageReport(name: "", bytes: size), imageSHA256: Sample.hex(size),
              samples: samples))
        }
      }
    }
    return SweepResult(
      seed: 42, warmups: 1, repeats: repeats, sessions: ["2026-03-14T09:26:53Z"], points: points)
  }

  public static func sample(_ position: Int, _ time: Double) -> SweepSample {
    SweepSample(
      position: position, verdict: .identical,
      nanoseconds: [
        "exchange": UInt64(time), "keyAgreement": 1_400_000, "transfer": UInt64(time * 0.25),
        "encrypt": UInt64(time * 0.05), "decrypt": UInt64(time * 0.06),
      ])
  }

  /// The sweep, and beside it the same points with programs that take `factor` times as long.
  public static func compared(repeats: Int = 10, factor: Double = 1) -> SweepResult {
    func hashes(_ number: UInt64) -> AgainstResult.ProgramHashes {
      .init(sender: Sample.hex(number), receiver: Sample.hex(number + 1))
    }
    var sweep = report(repeats: repeats)
    sweep.against = AgainstResult(
      name: "latest", programs: hashes(3), ownPrograms: hashes(5),
      points: report(repeats: repeats, factor: factor).points)
    return sweep
  }

  /// A sweep whose machine took `pace` nanoseconds for a fixed piece of work before each measurement, give or take 2 %.
  public static func report(pace: Double) -> SweepResult {
    var sweep = report(repeats: 10)
    for point in sweep.points.indices {
      for sample in sweep.points[point].samples.indices {
        let place = Double((point * 10 + sample) * 7 % 41) / 1000
        sweep.points[point].samples[sample].pace = UInt64(pace * (0.98 + place))
      }
    }
    return sweep
  }

  public static let failed = SweepSample(
    position: 99, verdict: .failed, nanoseconds: [:],
    failure: LabError(
      .init("idle_timeout"), "No byte came for 30 s.", board: "bob", step: "transfer"))
}
