/// A point that both runs have.
public struct ComparedPoint: Sendable, Equatable, Encodable {
  /// What the second run took beside the first.
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    case faster, slower
    /// The difference is within the noise; had this point alone changed, it would have been found.
    case same
    /// Too few measurements to find a change of this point alone, and none was found.
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

    /// The least probability that so many measurements can have, however far they lie apart.
    var least: Double { RankTest.least(before.count, after.count) }
  }

  /// Mann and Whitney's test of each, corrected for their number.
  /// - Parameter level: expected share of chance among those that are called faster or slower.
  static func judged(_ points: [Measured], level: Double) -> [Self] {
    let testable = points.filter { $0.least <= level }
    var adjusted = FalseDiscovery.adjusted(
      testable.map { RankTest.probability($0.before, $0.after) })[...]
    return points.map { point in
      guard point.least <= level else { return Self(point, probability: nil, level: level) }
      let probability = adjusted.removeFirst()
      // Where many differ the correction is mild, so that fewer measurements are enough.
      let isTold =
        probability <= level || point.least * Double(testable.count) <= level
      return Self(point, probability: isTold ? probability : nil, level: level)
    }
  }

  /// Whether more than one measurement was asked for.
  var isRepeated: Bool { max(before?.count ?? 0, after?.count ?? 0) > 1 }

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
  func slower(beyond share: Double) -> [ComparedPoint] {
    filter { $0.verdict == .slower && ($0.ratio ?? 1) > 1 + share }
  }
}
