/// Spreads bytes evenly over time.
///
/// The kernel's own pacing (SO_MAX_PACING_RATE) sends its first window and bursts of 64 KiB at once, which at the rates
/// of a slow link is seconds of traffic.
struct Pacer {
  private let bytesPerSecond: UInt64
  private var start: UInt64?
  private var released: UInt64 = 0

  init(bytesPerSecond: UInt64) { self.bytesPerSecond = max(1, bytesPerSecond) }

  /// Bytes to hand to the socket at a time: about 10 ms of the rate, 256 bytes to 64 KiB.
  var sliceSize: Int { Int(min(max(bytesPerSecond / 100, 256), 65536)) }

  /// How long to wait before the next `count` bytes leave; the first leave at once.
  mutating func delay(for count: Int) -> Duration {
    let now = Monotonic.now
    let start = start ?? now
    self.start = start
    let due = start + UInt64(Double(released) / Double(bytesPerSecond) * 1e9)
    released += UInt64(count)
    return .nanoseconds(due > now ? due - now : 0)
  }
}
