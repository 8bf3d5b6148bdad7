import Foundation

/// Mann and Whitney's test whether two sets of measurements come from one distribution, two-sided.
///
/// Exact where no two values are equal and the sets are small, by the recurrence of Mann and Whitney
/// (Annals of Mathematical Statistics 18, 1947); else the normal approximation with corrections for
/// ties and for continuity.
enum RankTest {
  /// Product of both counts up to which the exact distribution is computed.
  static let exactLimit = 2500

  /// The probability of a difference at least as large by chance alone; 1 where a set is empty.
  static func probability(_ a: [Double], _ b: [Double]) -> Double {
    guard !a.isEmpty, !b.isEmpty else { return 1 }
    let (u, ties) = statistic(a, b)
    let (n, m) = (a.count, b.count)
    if ties.isEmpty, n * m <= exactLimit {
      return exact(Int(min(u, Double(n * m) - u)), n, m)
    }
    return approximate(u, Double(n), Double(m), ties)
  }

  /// The least that `probability` can give for sets of these sizes.
  static func least(_ n: Int, _ m: Int) -> Double {
    guard n > 0, m > 0 else { return 1 }
    var ways = 1.0
    for step in 1...n { ways *= Double(m + step) / Double(step) }
    return min(1, 2 / ways)
  }

  /// Measurements of either side that can tell of a change of one point among `points`, after Benjamini and Hochberg's
  /// correction.
  static func enough(for points: Int, level: Double) -> Int {
    var count = 1
    while least(count, count) * Double(max(1, points)) > level { count += 1 }
    return count
  }

  /// U of `a`, and how often each value occurs that occurs more than once.
  private static func statistic(
    _ a: [Double], _ b: [Double]
  ) -> (u: Double, ties: [Double]) {
    let all = (a.map { ($0, true) } + b.map { ($0, false) }).sorted { $0.0 < $1.0 }
    var (rankSum, ties) = (0.0, [Double]())
    var first = 0
    while first < all.count {
      var end = first + 1
      while end < all.count, all[end].0 == all[first].0 { end += 1 }
      // The mean of the ranks first+1 … end.
      let rank = Double(first + end + 1) / 2
      rankSum += rank * Double(all[first..<end].count { $0.1 })
      if end - first > 1 { ties.append(Double(end - first)) }
      first = end
    }
    let n = Double(a.count)
    return (rankSum - n * (n + 1) / 2, ties)
  }

  /// Twice the share of arrangements whose U is at most `u`.
  private static func exact(_ u: Int, _ n: Int, _ m: Int) -> Double {
    // counts[k][s]: choices of k of the numbers seen so far whose sum is s above the least.
    var counts = [[Double]](repeating: [Double](repeating: 0, count: n * m + 1), count: n + 1)
    counts[0][0] = 1
    for number in 0..<(n + m) {
      for chosen in stride(from: min(n, number + 1), to: 0, by: -1) {
        // Taking `number` as the `chosen`-th adds what it exceeds the least possible by.
        let excess = number - (chosen - 1)
        guard excess >= 0, excess <= n * m else { continue }
        for sum in stride(from: n * m, through: excess, by: -1) {
          counts[chosen][sum] += counts[chosen - 1][sum - excess]
        }
      }
    }
    let total = counts[n].reduce(0, +)
    return min(1, 2 * counts[n][...u].reduce(0, +) / total)
  }

  private static func approximate(
    _ u: Double, _ n: Double, _ m: Double, _ ties: [Double]
  ) -> Double {
    let all = n + m
    let correction = ties.reduce(0) { $0 + ($1 * $1 * $1 - $1) } / (all * (all - 1))
    let variance = n * m / 12 * (all + 1 - correction)
    guard variance > 0 else { return 1 }
    let distance = max(0, abs(u - n * m / 2) - 0.5)
    return min(1, erfc(distance / variance.squareRoot() / 2.0.squareRoot()))
  }
}

/// Benjamini and Hochberg's correction (Journal of the Royal Statistical Society B 57, 1995): of the
/// differences that are called real, the expected share of those that are chance stays below the level.
enum FalseDiscovery {
  /// Each probability raised to the level at which it would just be called real, in the same order.
  static func adjusted(_ probabilities: [Double]) -> [Double] {
    let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
    var result = probabilities
    var least = 1.0
    for (rank, index) in order.enumerated().reversed() {
      least = min(least, probabilities[index] * Double(order.count) / Double(rank + 1))
      result[index] = least
    }
    return result
  }
}
