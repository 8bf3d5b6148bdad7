/// The ratio of two samples' times: the median of all pairs' ratios with the interval that belongs to the
/// Mann-Whitney test, which `pilab compare` uses too (Hodges and Lehmann; normal approximation of its ranks).
public struct TimeRatio {
  public let middle: Double
  /// 95 %.
  public let lower: Double
  public let upper: Double

  /// Nil where the samples are too small for such an interval.
  public init?(_ times: [Double], to base: [Double]) {
    let count = Double(times.count * base.count)
    let spread = (count * Double(times.count + base.count + 1) / 12).squareRoot()
    let rank = (count / 2 - 1.96 * spread).rounded(.down)
    guard rank >= 1, base.allSatisfy({ $0 > 0 }), times.allSatisfy({ $0 > 0 }) else { return nil }
    let ratios = times.flatMap { time in base.map { time / $0 } }.sorted()
    guard let all = Distribution(ratios) else { return nil }
    middle = all.median
    lower = ratios[Int(rank) - 1]
    upper = ratios[ratios.count - Int(rank)]
  }
}
