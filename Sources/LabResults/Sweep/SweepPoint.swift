import LabValues

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
  /// What the links were made; nil where they were left as they are.
  public var link: SweepLink?
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

  public var setting: SweepSeries.Setting {
    .init(
      mode: mode, profile: profile, cipher: cipher, group: group, groupBits: groupBits,
      authentication: authentication, link: link)
  }

  /// `loopback/aes-128-ecb/ffdhe2048/1 MiB`; unique in a sweep over sizes.
  public var name: String { "\(setting.name)/\(imageName)" }

  /// The size of a picture that was made for the sweep, else the image's own name.
  public var imageName: String {
    image.name.isEmpty ? Human.exactBytes(image.bytes) : image.name
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

extension SweepPoint {
  /// An exchange as a point that was measured once.
  public init(_ exchange: ExchangeResult, mode: String) {
    var times: [String: UInt64] = [:]
    if exchange.verdict == .identical, let sender = exchange.senderResult,
      let receiver = exchange.receiverResult
    {
      times = SweepSample.times(sender: sender, receiver: receiver)
    }
    self.init(
      mode: mode, profile: exchange.profile, cipher: exchange.cipher, group: exchange.group,
      groupBits: exchange.groupBits, authentication: exchange.authentication,
      image: exchange.image, imageSHA256: exchange.sha256["original"] ?? "",
      samples: [
        SweepSample(
          position: 0, verdict: exchange.verdict, nanoseconds: times, failure: exchange.failure)
      ])
  }
}

// MARK: - JSON

extension SweepPoint {
  private enum DerivedKeys: String, CodingKey {
    case verdict, statistics, bytesPerSecond
  }

  /// Adds what follows from the samples, so that readers of the JSON need not know how.
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
    try values.encodeIfPresent(link, forKey: .link)
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
