import Glibc

/// CLOCK_MONOTONIC in nanoseconds: boards that share a kernel share it.
public enum Monotonic {
  public static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension Duration {
  /// Saturates at about 292 years.
  package var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let whole = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return whole.overflow
      ? UInt64(Int64.max) : whole.partialValue + UInt64(attoseconds / 1_000_000_000)
  }
}

/// A point in time by which something must have happened.
package struct Deadline: Sendable {
  package let instant: UInt64

  package init(after duration: Duration) { self.init(duration, since: Monotonic.now) }

  package init(_ duration: Duration, since start: UInt64) {
    instant = start &+ duration.nanoseconds
  }

  /// nil when it has passed.
  package var remaining: Duration? {
    let now = Monotonic.now
    return now < instant ? .nanoseconds(instant - now) : nil
  }
}

/// Busy time of each step, in nanoseconds. Steps overlap, so their sum is not the total.
public struct StepTimes: Sendable, Equatable {
  /// A step of the exchange; `total` is all of it.
  public enum Step: String, Sendable, CaseIterable {
    case keyGeneration, exchange, secret, read, encrypt, send, receive, decrypt, hash, store, total
  }

  public private(set) var nanoseconds: [Step: UInt64] = [:]

  subscript(step: Step) -> UInt64 {
    get { nanoseconds[step] ?? 0 }
    set { nanoseconds[step] = newValue }
  }

  func adding(_ other: StepTimes) -> StepTimes {
    var sum = self
    for (step, time) in other.nanoseconds { sum[step] += time }
    return sum
  }

  /// Adds the time since `mark` to the step, and returns now.
  @discardableResult
  mutating func lap(_ step: Step, since mark: UInt64) -> UInt64 {
    let now = Monotonic.now
    self[step] += now - mark
    return now
  }

  /// Runs `body` and adds the time it took to `step`.
  mutating func measure<Result: ~Copyable, Failure: Error>(
    _ step: Step, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = Monotonic.now
    defer { self[step] += Monotonic.now - start }
    return try body()
  }
}
