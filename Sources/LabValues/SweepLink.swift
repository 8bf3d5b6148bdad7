/// A kind of link that a sweep measures on: what happens to what both boards send.
public struct SweepLink: Codable, Sendable, Hashable {
  public var name: String
  /// Nil for a good one.
  public var impairment: LinkImpairment?

  public init(name: String, impairment: LinkImpairment? = nil) {
    self.name = name
    self.impairment = impairment
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.impairment == b.impairment
  }

  /// Names are unique in a sweep.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension SweepLink {
  /// Bytes of a TCP segment on Ethernet with time stamps (RFC 9293, RFC 7323).
  private static let segmentBytes = 1448.0

  /// Bytes a second that TCP can carry at most: the link's rate, and where packets are late and lost the limit of
  /// congestion avoidance, MSS/RTT * sqrt(3/2)/sqrt(p) (Mathis et al., 1997), whichever is less; nil where neither is set.
  public var mostBytesPerSecond: Double? {
    let rate = impairment?.rate.map { Double($0.bitsPerSecond) / 8 }
    return [rate, mathis].compactMap(\.self).min()
  }

  /// Which of the two it is: `rate`, `loss`.
  public var limit: String? {
    guard let most = mostBytesPerSecond else { return nil }
    return most == mathis ? "loss" : "rate"
  }

  private var mathis: Double? {
    guard let delay = impairment?.delay, let loss = impairment?.loss, delay > .zero,
      loss.partsPerMillion > 0
    else { return nil }
    // Both boards' packets are held up.
    let roundTrip = 2 * (delay / .seconds(1))
    let share = Double(loss.partsPerMillion) / 1e6
    return Self.segmentBytes / roundTrip * (1.5 / share).squareRoot()
  }
}

// In JSON the impairment is said as a manifest says it: `rate 16Mbit, delay 20ms`.
extension SweepLink {
  private enum CodingKeys: String, CodingKey {
    case name, impairment
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encodeIfPresent(impairment?.description, forKey: .impairment)
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    let words = try values.decodeIfPresent(String.self, forKey: .impairment)
    impairment = try words.map(LinkImpairment.init(words:))
  }
}

extension LinkImpairment {
  /// Reads what `description` gives.
  fileprivate init(words: String) throws {
    self.init()
    for part in words.split(separator: ",") {
      let pair = part.split(separator: " ").map(String.init)
      guard pair.count == 2 else { continue }
      switch pair[0] {
      case "rate": rate = try BitRate(pair[1])
      case "delay": delay = try DurationText.parse(pair[1])
      case "jitter": jitter = try DurationText.parse(pair[1])
      case "loss": loss = try Percentage(pair[1])
      case "duplicate": duplicate = try Percentage(pair[1])
      case "corrupt": corrupt = try Percentage(pair[1])
      case "reorder": reorder = try Percentage(pair[1])
      default: break
      }
    }
  }
}
