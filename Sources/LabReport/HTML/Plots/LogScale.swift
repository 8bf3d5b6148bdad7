import Foundation

/// A logarithmic axis: values to places, and ticks at round values.
struct LogScale {
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let lower: Double
  let upper: Double
  /// Places of `lower` and `upper`.
  let start: Double
  let end: Double

  /// Nil where no value is above zero.
  /// - Parameter margin: factor by which the axis goes beyond the values on either side.
  init?(_ values: [Double], from start: Double, to end: Double, margin: Double = 1.25) {
    let usable = values.filter { $0 > 0 && $0.isFinite }
    guard let least = usable.min(), let most = usable.max() else { return nil }
    lower = least / margin
    upper = most * margin
    self.start = start
    self.end = end
  }

  func place(_ value: Double) -> Double {
    let share = (log(max(value, lower)) - log(lower)) / (log(upper) - log(lower))
    return start + min(1, share) * (end - start)
  }

  /// At powers of ten, or at 1, 2 and 5 times those where that gives few; at most `most` of them.
  func decimalTicks(most: Int, label: (Double) -> String) -> [Tick] {
    let exponents = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
    func values(_ factors: [Double], _ step: Int) -> [Double] {
      exponents.filter { $0 % step == 0 }.flatMap { exponent in
        factors.map { $0 * pow(10, Double(exponent)) }
      }.filter { (lower...upper).contains($0) }
    }
    let fine = values([1, 2, 5], 1)
    if fine.count <= most { return fine.map { Tick(value: $0, label: label($0)) } }
    for step in 1...12 {
      let found = values([1], step)
      if found.count <= most { return found.map { Tick(value: $0, label: label($0)) } }
    }
    return []
  }

  /// At powers of two.
  func binaryTicks(most: Int, label: (Double) -> String) -> [Tick] {
    let exponents =
      Int(
        log2(lower).rounded(.up))...max(
        Int(log2(lower).rounded(.up)), Int(log2(upper).rounded(.down)))
    for step in [1, 2, 5, 10, 20] {
      let found = exponents.filter { $0 % step == 0 }.map { pow(2, Double($0)) }
        .filter { (lower...upper).contains($0) }
      if found.count <= most { return found.map { Tick(value: $0, label: label($0)) } }
    }
    return []
  }
}
