/// A point that both runs have.
public struct ComparedPoint: Sendable, Equatable, Encodable {
  /// What the second run took beside the first.
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    case faster, slower
    /// The difference is within the noise.
    case same
    /// Too few measurements to tell anything.
    case unknown
    /// The runs are not comparable.
    case refused
  }

  /// Without what only runs that are alike allow to say.
  var unjudged: Self {
    var point = self
    (point.verdict, point.probability) = (.refused, nil)
    return point
  }

  public var name: String
  public var verdict: Verdict
  /// Medians, nanoseconds; nil where nothing was measured.
  public var before: Distribution?
  public var after: Distribution?
  /// Median after over median before.
  public var ratio: Double?
  /// Ends of the 95 % confidence interval of that ratio; nil where too little was measured.
  public var interval: [Double]?
  /// Corrected; nil where too little was measured.
  public var probability: Double?

  /// Its measurements.
  struct Measured {
    var name: String
    var before: [Double]
    var after: [Double]

    /// So few measurements could differ by chance alone however far they lie apart.
    func isTestable(_ level: Double) -> Bool { RankTest.least(before.count, after.count) <= level }
  }

  /// Mann and Whitney's test of each, corrected for their number.
  /// - Parameter level: expected share of chance among those that are called faster or slower.
  static func judged(_ points: [Measured], level: Double) -> [Self] {
    let probabilities = points.filter { $0.isTestable(level) }
      .map { RankTest.probability($0.before, $0.after) }
    var adjusted = FalseDiscovery.adjusted(probabilities)[...]
    return points.map { point in
      Self(point, probability: point.isTestable(level) ? adjusted.removeFirst() : nil, level: level)
    }
  }

  fileprivate func isSlower(beyond share: Double) -> Bool {
    verdict == .slower && (ratio ?? 1) > 1 + share
  }

  private init(_ point: Measured, probability: Double?, level: Double) {
    name = point.name
    before = Distribution(point.before)
    after = Distribution(point.after)
    interval = TimeRatio(point.after, to: point.before).map { [$0.lower, $0.upper] }
    self.probability = probability
    if let old = self.before?.median, let new = self.after?.median, old > 0 { ratio = new / old }
    guard let probability, let ratio else {
      verdict = .unknown
      return
    }
    let isReal = probability <= level && ratio != 1
    verdict = !isReal ? .same : ratio < 1 ? .faster : .slower
  }
}

extension [ComparedPoint] {
  /// Those that are slower beyond noise, by more than `share` of their former median.
  func slower(beyond share: Double) -> [ComparedPoint] { filter { $0.isSlower(beyond: share) } }
}
