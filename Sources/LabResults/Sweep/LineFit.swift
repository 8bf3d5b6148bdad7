/// A straight line through measurements, `y = fixed + slope · x`, by least squares of the relative
/// errors: each measurement has the weight 1/y². Timings vary in proportion to their length, so that
/// in plain least squares the longest would decide alone and the fixed cost could come out as
/// anything.
public struct LineFit: Sendable, Equatable, Encodable {
  /// A measurement that the line is to fit.
  public struct Observation: Sendable, Equatable {
    public var x: Double
    /// More than zero.
    public var y: Double

    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// Nanoseconds that an exchange takes whatever its image.
  public let fixed: Double
  /// Nanoseconds a MiB.
  public let slope: Double
  /// Standard errors of both.
  public let fixedError: Double
  public let slopeError: Double
  /// Root mean square of the measurements' relative distance from the line.
  public let relativeResidual: Double
  public let observations: Int

  /// Nil where there are fewer than three observations, or all at one x.
  public init?(_ observations: [Observation]) {
    let usable = observations.filter { $0.y > 0 && $0.y.isFinite && $0.x.isFinite }
    guard usable.count >= 3, Set(usable.map(\.x)).count >= 2 else { return nil }
    // Weighted sums around the weighted mean of x, which keeps their digits.
    let weights = usable.map { 1 / ($0.y * $0.y) }
    let total = weights.reduce(0, +)
    let meanX = zip(weights, usable).reduce(0) { $0 + $1.0 * $1.1.x } / total
    let meanY = zip(weights, usable).reduce(0) { $0 + $1.0 * $1.1.y } / total
    var (sumXX, sumXY) = (0.0, 0.0)
    for (weight, point) in zip(weights, usable) {
      sumXX += weight * (point.x - meanX) * (point.x - meanX)
      sumXY += weight * (point.x - meanX) * (point.y - meanY)
    }
    guard sumXX > 0 else { return nil }
    let slope = sumXY / sumXX
    let fixed = meanY - slope * meanX
    let squares = zip(weights, usable).reduce(0) { sum, pair in
      let distance = pair.1.y - fixed - slope * pair.1.x
      return sum + pair.0 * distance * distance
    }
    let variance = squares / Double(usable.count - 2)
    self.slope = slope
    self.fixed = fixed
    slopeError = (variance / sumXX).squareRoot()
    fixedError = (variance * (1 / total + meanX * meanX / sumXX)).squareRoot()
    relativeResidual = (squares / Double(usable.count)).squareRoot()
    self.observations = usable.count
  }

  /// The line's y.
  public func value(at x: Double) -> Double { fixed + slope * x }
}
