/// How a link is made worse, in the direction away from the board. What is nil or zero is left good.
public struct Impairment: Sendable, Equatable, Codable {
  /// One thing that an impairment can do; tools differ in which they can.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    case rate, delay, jitter, loss, duplicate, corrupt, reorder
  }

  /// Bits a second, 8,000 to 34,359,738,360 (tc's own limit).
  public var rate: UInt64?
  /// Nanoseconds that each packet waits, up to a minute.
  public var delay: UInt64
  /// Nanoseconds by which the delay varies to both sides, not above the delay.
  public var jitter: UInt64
  /// Share of packets that are lost, 0 to 1; so too for the three below.
  public var loss: Double
  public var duplicate: Double
  public var corrupt: Double
  /// Share of packets that overtake the others; needs a delay.
  public var reorder: Double

  public init(
    rate: UInt64? = nil, delay: UInt64 = 0, jitter: UInt64 = 0, loss: Double = 0,
    duplicate: Double = 0, corrupt: Double = 0, reorder: Double = 0
  ) {
    self.rate = rate
    self.delay = delay
    self.jitter = jitter
    self.loss = loss
    self.duplicate = duplicate
    self.corrupt = corrupt
    self.reorder = reorder
  }

  /// What the value does to the link.
  public var kinds: Set<Kind> {
    var kinds: Set<Kind> = rate == nil ? [] : [.rate]
    if delay > 0 { kinds.insert(.delay) }
    if jitter > 0 { kinds.insert(.jitter) }
    for (kind, share) in shares where share > 0 { kinds.insert(kind) }
    return kinds
  }

  /// What is wrong with the value, in words; nil when nothing is.
  public var fault: String? {
    if let rate, !(8_000...34_359_738_360).contains(rate) {
      return "rate is \(rate) bit/s; it goes from 8000 to 34359738360"
    }
    if delay > 60_000_000_000 { return "delay is \(delay) ns; it goes up to 60000000000" }
    if jitter > delay { return "jitter is \(jitter) ns and must not exceed delay, \(delay) ns" }
    for (kind, share) in shares where !(0...1).contains(share) {
      return "\(kind.rawValue) is \(share); it goes from 0 to 1"
    }
    if reorder > 0, delay == 0 { return "reorder needs a delay: packets overtake those that wait" }
    return nil
  }

  private var shares: [(Kind, Double)] {
    [(.loss, loss), (.duplicate, duplicate), (.corrupt, corrupt), (.reorder, reorder)]
  }
}
