/// How far a sweep is, and how long it will take.
public struct SweepProgress: Sendable, Equatable {
  /// Measurements, over all modes.
  public let total: Int
  public private(set) var done = 0
  /// What is left of all modes, in units of an exchange without an image.
  private var leftWeight = 0.0
  private var doneWeight = 0.0
  private var elapsed = Duration.zero

  init(total: Int) { self.total = total }

  /// - Parameters:
  ///   - done: measurements that the journal has already.
  ///   - weight: of all that is left.
  mutating func begin(_ done: Int, weight: Double) {
    self.done = done
    leftWeight = weight
  }

  mutating func advance(_ weight: Double, _ time: Duration, _ isMeasurement: Bool) {
    if isMeasurement { done += 1 }
    elapsed += time
    doneWeight += weight
    leftWeight = max(0, leftWeight - weight)
  }

  /// Nanoseconds that the sweep will still take, by what its exchanges took so far; nil before the first.
  public var remaining: Double? {
    guard doneWeight > 0 else { return nil }
    return elapsed / .nanoseconds(1) / doneWeight * leftWeight
  }
}
