/// Where measurements lie. Quartiles interpolate linearly between the ordered values (type 7 of
/// Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996), as NumPy and R do.
public struct Distribution: Sendable, Equatable, Encodable {
  public let count: Int
  public let minimum: Double
  public let lowerQuartile: Double
  public let median: Double
  public let upperQuartile: Double
  public let maximum: Double

  public var interquartileRange: Double { upperQuartile - lowerQuartile }

  /// Nil where there are none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    count = sorted.count
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
    lowerQuartile = Self.quantile(0.25, of: sorted)
    median = Self.quantile(0.5, of: sorted)
    upperQuartile = Self.quantile(0.75, of: sorted)
  }

  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[below] }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }

  private enum CodingKeys: String, CodingKey {
    case count, minimum, lowerQuartile, median, upperQuartile, maximum, interquartileRange
  }

  /// Adds what follows from the values.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(count, forKey: .count)
    try values.encode(minimum, forKey: .minimum)
    try values.encode(lowerQuartile, forKey: .lowerQuartile)
    try values.encode(median, forKey: .median)
    try values.encode(upperQuartile, forKey: .upperQuartile)
    try values.encode(maximum, forKey: .maximum)
    try values.encode(interquartileRange, forKey: .interquartileRange)
  }
}
