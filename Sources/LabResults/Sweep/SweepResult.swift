import LabCore
import LabValues

/// What a sweep measured: every combination of its settings, each several times.
public struct SweepResult: Codable, Sendable, Equatable {
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
  /// The same points with other board programs; nil where there were none.
  public var against: AgainstResult?
  /// Why it ended early; nil where it did not.
  public var failure: LabError?

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
  public var isComplete: Bool {
    (points + (against?.points ?? [])).allSatisfy { $0.samples.count >= repeats }
  }

  /// Nanoseconds that this machine took for a fixed piece of work between measurements.
  var paces: [Double] {
    (points + (against?.points ?? [])).flatMap(\.samples).compactMap { $0.pace.map { Double($0) } }
  }

  /// Of all points.
  public var sampleCount: Int { points.reduce(0) { $0 + $1.samples.count } }
  public var failedCount: Int { points.reduce(0) { $0 + $1.failures.count } }
}

/// Points that differ in the image alone.
public struct SweepSeries: Sendable, Equatable {
  /// What the points have in common.
  public struct Setting: Sendable, Hashable, Codable {
    public var mode: String
    public var profile: String
    public var cipher: String
    public var group: String
    public var groupBits: Int
    public var authentication: String
    /// Nil where the links were left as they are.
    public var link: SweepLink?

    public var name: String {
      "\(mode)/\(cipher)/\(group)" + (link.map { "/\($0.name)" } ?? "")
    }
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

// MARK: - JSON

// The values that follow from the measurements stand beside them, so that a reader needs
// no statistics of its own; they are ignored when a report is read.

extension SweepResult {
  private enum DerivedKeys: String, CodingKey {
    case fits, comparison
  }

  private struct FitEntry: Encodable {
    var setting: SweepSeries.Setting
    var fit: LineFit
  }

  /// Adds what follows from the points, so that readers of the JSON need not know how.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(warmups, forKey: .warmups)
    try values.encode(repeats, forKey: .repeats)
    try values.encode(sessions, forKey: .sessions)
    try values.encode(points, forKey: .points)
    try values.encodeIfPresent(against, forKey: .against)
    try values.encodeIfPresent(failure, forKey: .failure)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    let fits = series.compactMap { series in
      series.fit.map { FitEntry(setting: series.setting, fit: $0) }
    }
    try derived.encode(fits, forKey: .fits)
    if against != nil { try derived.encode(againstPoints, forKey: .comparison) }
  }
}
