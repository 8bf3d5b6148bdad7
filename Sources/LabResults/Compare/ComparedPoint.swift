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
  /// Corrected; nil where too little was measured.
  public var probability: Double?

  init(name: String, before: [Double], after: [Double], probability: Double?) {
    self.name = name
    self.before = Distribution(before)
    self.after = Distribution(after)
    self.probability = probability
    if let old = self.before?.median, let new = self.after?.median, old > 0 { ratio = new / old }
    guard let probability, let ratio else {
      verdict = .unknown
      return
    }
    let isReal = probability <= Comparison.level && ratio != 1
    verdict = !isReal ? .same : ratio < 1 ? .faster : .slower
  }
}
