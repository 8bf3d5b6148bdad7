import PiCrypto

/// How fast this machine is at the moment: other load, or a processor that is throttled, makes exchanges slower whatever
/// the programs are.
enum MachinePace {
  /// An exchange keeps two programs busy.
  private static let tasks = 2
  private static let bytes = 4 << 20

  /// Nanoseconds that hashing 4 MiB in each of two tasks at once takes.
  static func measure() async -> UInt64 {
    let start = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask { _ = SHA256.digest([UInt8](repeating: 0, count: bytes)) }
      }
    }
    return UInt64((ContinuousClock.now - start) / .nanoseconds(1))
  }

  /// Whether it is measured before the measurement at `position`: about 100 times in a mode, and the same ones where a
  /// sweep goes on.
  static func isDue(at position: Int, of total: Int) -> Bool {
    position % max(1, total / 96) == 0
  }
}
