/// What a sweep measured: every combination of its settings, each several times.
public struct SweepReport: Codable, Sendable, Equatable {
  /// Of the order in which the measurements were taken.
  public var seed: UInt64
  /// Exchanges of each point that were run first and not counted.
  public var warmups: Int
  /// Measurements wanted of each point.
  public var repeats: Int
  /// When pilab began to measure, ISO 8601, UTC; more than one where the sweep was resumed.
  public var sessions: [String]
  /// By mode, cipher, group and size, in that order.
  public var points: [SweepPoint]

  public init(
    seed: UInt64, warmups: Int, repeats: Int, sessions: [String], points: [SweepPoint]
  ) {
    self.seed = seed
    self.warmups = warmups
    self.repeats = repeats
    self.sessions = sessions
    self.points = points
  }

  /// Points whose settings differ in nothing but the image, in the order of their first.
  public var series: [SweepSeries] {
    var order: [SweepSeries.Setting] = []
    var members: [SweepSeries.Setting: [SweepPoint]] = [:]
    for point in points {
      if members[point.setting] == nil { order.append(point.setting) }
      members[point.setting, default: []].append(point)
    }
    return order.map { SweepSeries(setting: $0, points: members[$0] ?? []) }
  }

  /// Whether every point has been measured as often as was wanted.
  public var isComplete: Bool { points.allSatisfy { $0.samples.count >= repeats } }

  /// Of all points.
  public var sampleCount: Int { points.reduce(0) { $0 + $1.samples.count } }
  public var failedCount: Int { points.reduce(0) { $0 + $1.failures.count } }
}

/// One combination of settings and its measurements.
public struct SweepPoint: Codable, Sendable, Equatable {
  public var mode: String
  public var profile: String
  public var cipher: String
  public var group: String
  public var groupBits: Int
  public var authentication: String
  public var image: ImageReport
  /// SHA-256 of the image, which every measurement's decrypted image must have.
  public var imageSHA256: String
  /// In the order in which they were taken.
  public var samples: [SweepSample]

  public init(
    mode: String, profile: String, cipher: String, group: String, groupBits: Int,
    authentication: String, image: ImageReport, imageSHA256: String, samples: [SweepSample]
  ) {
    self.mode = mode
    self.profile = profile
    self.cipher = cipher
    self.group = group
    self.groupBits = groupBits
    self.authentication = authentication
    self.image = image
    self.imageSHA256 = imageSHA256
    self.samples = samples
  }

  public var failures: [SweepSample] { samples.filter { $0.verdict != .identical } }

  public var verdict: Verdict {
    if samples.isEmpty || samples.contains(where: { $0.verdict == .failed }) { return .failed }
    return failures.isEmpty ? .identical : .different
  }

  public var setting: SweepSeries.Setting {
    .init(
      mode: mode, profile: profile, cipher: cipher, group: group, groupBits: groupBits,
      authentication: authentication)
  }

  /// `loopback/aes-128-ecb/ffdhe2048/1 MiB`; unique in a sweep over sizes.
  public var name: String { "\(setting.name)/\(imageName)" }

  /// The size of a picture that was made for the sweep, else the image's own name.
  var imageName: String {
    image.name.isEmpty ? Human.exactBytes(image.bytes) : image.name
  }
}

/// One measurement: times of one exchange, which left no file behind.
public struct SweepSample: Codable, Sendable, Equatable {
  /// Place in the order of all measurements of its mode, from 0.
  public var position: Int
  public var verdict: Verdict
  /// Busy and elapsed times by `SweepQuantity`; empty where it failed.
  public var nanoseconds: [String: UInt64]
  public var failure: FailureReport?

  public init(
    position: Int, verdict: Verdict, nanoseconds: [String: UInt64], failure: FailureReport? = nil
  ) {
    self.position = position
    self.verdict = verdict
    self.nanoseconds = nanoseconds
    self.failure = failure
  }
}

/// What is timed in a sweep.
public enum SweepQuantity: String, CaseIterable, Sendable {
  /// At the receiver, from the connection to the verified image.
  case exchange
  /// At the receiver, from the connection to the confirmed key.
  case keyAgreement
  /// At the receiver, from the image's first to its last byte.
  case transfer
  /// Busy time of the sender.
  case encrypt
  /// Busy time of the receiver.
  case decrypt

  public var label: String {
    switch self {
    case .exchange: "whole exchange"
    case .keyAgreement: "key agreement"
    case .transfer: "image on the wire"
    case .encrypt: "encrypt"
    case .decrypt: "decrypt"
    }
  }
}

extension SweepSample {
  /// The times of the quantities that the boards' results tell.
  public static func times(
    sender: BoardResult, receiver: BoardResult
  ) -> [String: UInt64] {
    func span(_ from: String, _ to: String) -> UInt64? {
      Phase(from: from, to: to, name: "").range(in: receiver)
        .map { $0.upperBound - $0.lowerBound }
    }
    let times: [SweepQuantity: UInt64?] = [
      .exchange: span("connected", "end"), .keyAgreement: span("connected", "confirmed"),
      .transfer: span("firstByte", "lastByte"), .encrypt: sender.nanoseconds["encrypt"],
      .decrypt: receiver.nanoseconds["decrypt"],
    ]
    return times.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
  }
}

/// Points that differ in the image alone.
public struct SweepSeries: Sendable, Equatable {
  public struct Setting: Sendable, Hashable, Codable {
    public var mode: String
    public var profile: String
    public var cipher: String
    public var group: String
    public var groupBits: Int
    public var authentication: String

    public var name: String { "\(mode)/\(cipher)/\(group)" }
  }

  public var setting: Setting
  public var points: [SweepPoint]

  /// Time of the whole exchange over the image's size; nil where too little was measured.
  public var fit: LineFit? {
    LineFit(
      points.flatMap { point in
        point.times(.exchange).map {
          LineFit.Observation(x: Double(point.image.bytes) / Double(1 << 20), y: $0)
        }
      })
  }
}

extension SweepPoint {
  /// Nanoseconds of the measurements that succeeded, in the order in which they were taken.
  public func times(_ quantity: SweepQuantity) -> [Double] {
    samples.filter { $0.verdict == .identical }
      .compactMap { $0.nanoseconds[quantity.rawValue].map { Double($0) } }
  }

  /// Nil where no measurement succeeded.
  public func distribution(_ quantity: SweepQuantity) -> Distribution? {
    Distribution(times(quantity))
  }

  /// Bytes of the image a second, by the median time of the whole exchange; nil where nothing
  /// was measured.
  public var bytesPerSecond: Double? {
    distribution(.exchange).flatMap { time in
      time.median > 0 ? Double(image.bytes) / time.median * 1e9 : nil
    }
  }
}

// MARK: - JSON

// The values that follow from the measurements stand beside them, so that a reader needs
// no statistics of its own; they are ignored when a report is read.

extension SweepReport {
  private enum DerivedKeys: String, CodingKey {
    case fits
  }

  private struct FitEntry: Encodable {
    var setting: SweepSeries.Setting
    var fit: LineFit
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(warmups, forKey: .warmups)
    try values.encode(repeats, forKey: .repeats)
    try values.encode(sessions, forKey: .sessions)
    try values.encode(points, forKey: .points)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    let fits = series.compactMap { series in
      series.fit.map { FitEntry(setting: series.setting, fit: $0) }
    }
    try derived.encode(fits, forKey: .fits)
  }
}

extension SweepPoint {
  private enum DerivedKeys: String, CodingKey {
    case verdict, statistics, bytesPerSecond
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(mode, forKey: .mode)
    try values.encode(profile, forKey: .profile)
    try values.encode(cipher, forKey: .cipher)
    try values.encode(group, forKey: .group)
    try values.encode(groupBits, forKey: .groupBits)
    try values.encode(authentication, forKey: .authentication)
    try values.encode(image, forKey: .image)
    try values.encode(imageSHA256, forKey: .imageSHA256)
    try values.encode(samples, forKey: .samples)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    try derived.encode(verdict, forKey: .verdict)
    try derived.encodeIfPresent(bytesPerSecond, forKey: .bytesPerSecond)
    let statistics = SweepQuantity.allCases.reduce(into: [String: Distribution]()) {
      $0[$1.rawValue] = distribution($1)
    }
    try derived.encode(statistics, forKey: .statistics)
  }
}
