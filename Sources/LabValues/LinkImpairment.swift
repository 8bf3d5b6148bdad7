/// What happens to the packets that a board sends; nil and zero leave them alone.
public struct LinkImpairment: Sendable, Equatable, Codable {
  public var rate: BitRate?
  public var delay: Duration?
  /// How far a packet's delay may be off `delay`, either way.
  public var jitter: Duration?
  public var loss: Percentage?
  public var duplicate: Percentage?
  /// Packets with one bit flipped.
  public var corrupt: Percentage?
  /// Packets that are sent at once while the others wait for `delay`.
  public var reorder: Percentage?

  public init(
    rate: BitRate? = nil, delay: Duration? = nil, jitter: Duration? = nil,
    loss: Percentage? = nil, duplicate: Percentage? = nil, corrupt: Percentage? = nil,
    reorder: Percentage? = nil
  ) {
    self.rate = rate
    self.delay = delay
    self.jitter = jitter
    self.loss = loss
    self.duplicate = duplicate
    self.corrupt = corrupt
    self.reorder = reorder
  }

  public var isEmpty: Bool { self == LinkImpairment() }

  /// One thing that an impairment can do; tools differ in which they can.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    case rate, delay, jitter, loss, duplicate, corrupt, reorder
  }

  /// What the value does to the link.
  public var kinds: Set<Kind> {
    var kinds: Set<Kind> = rate == nil ? [] : [.rate]
    for (kind, time) in [(Kind.delay, delay), (.jitter, jitter)] where time ?? .zero > .zero {
      kinds.insert(kind)
    }
    for (kind, share) in [
      (Kind.loss, loss), (.duplicate, duplicate), (.corrupt, corrupt), (.reorder, reorder),
    ] where share?.partsPerMillion ?? 0 > 0 {
      kinds.insert(kind)
    }
    return kinds
  }

  /// From the least to the most that tc takes; the least keeps a full packet under two seconds.
  private static let rates = BitRate(bitsPerSecond: 8000)...BitRate(bitsPerSecond: 34_000_000_000)
  private static let longestDelay = Duration.seconds(60)

  /// A setting that is out of range, or that another one must accompany.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key that is wrong: `rate`, `jitter`…
    public var key: String
    public var description: String
    public var hint: String
  }

  /// The first of its settings that cannot stand beside the others.
  public var problem: Problem? {
    if let rate, !Self.rates.contains(rate) {
      return Problem(
        key: "rate", description: "no link can be given the rate \(rate)",
        hint: "it goes from \(Self.rates.lowerBound) to \(Self.rates.upperBound)")
    }
    if let delay, delay > Self.longestDelay {
      return Problem(
        key: "delay", description: "no link can be given the delay \(DurationText.format(delay))",
        hint: "it goes up to \(DurationText.format(Self.longestDelay))")
    }
    if let jitter, jitter > delay ?? .zero {
      return Problem(
        key: "jitter", description: "a jitter larger than the delay would need negative delays",
        hint: "give a delay of at least \(DurationText.format(jitter))")
    }
    if let reorder, reorder.partsPerMillion > 0, delay ?? .zero == .zero {
      return Problem(
        key: "reorder", description: "without a delay there is nothing to overtake",
        hint: "give a delay too, for example 10ms")
    }
    return nil
  }
}

extension LinkImpairment: CustomStringConvertible {
  /// `rate 100Mbit, delay 20ms`, as one writes it in a manifest; `none`.
  public var description: String {
    let parts: [(String, String?)] = [
      ("rate", rate?.description), ("delay", delay.map(DurationText.format)),
      ("jitter", jitter.map(DurationText.format)), ("loss", loss?.description),
      ("duplicate", duplicate?.description), ("corrupt", corrupt?.description),
      ("reorder", reorder?.description),
    ]
    let written = parts.compactMap { name, value in value.map { "\(name) \($0)" } }
    return written.isEmpty ? "none" : written.joined(separator: ", ")
  }
}

/// A share of packets: `0.5%`, `100%`; at most four decimals.
public struct Percentage: Sendable, Hashable, Codable, CustomStringConvertible {
  /// From 0 to 1,000,000.
  public let partsPerMillion: UInt32

  package static let pattern = "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)%$"

  /// nil above 1,000,000.
  public init?(partsPerMillion: UInt32) {
    guard partsPerMillion <= 1_000_000 else { return nil }
    self.partsPerMillion = partsPerMillion
  }

  public init(_ text: String) throws(QuantityError) {
    guard let match = text.wholeMatch(of: /([0-9]{1,3})(?:\.([0-9]{1,4}))?%/) else {
      throw Self.malformed(text)
    }
    let decimals = String(match.2 ?? "")
    let padded = decimals + String(repeating: "0", count: 4 - decimals.count)
    guard let whole = UInt32(match.1), let part = UInt32(padded) else { throw Self.malformed(text) }
    guard whole * 10_000 + part <= 1_000_000 else {
      throw QuantityError(
        reason: .outOfRange, message: "'\(text)' is out of range",
        hint: "a percentage goes from 0% to 100%")
    }
    partsPerMillion = whole * 10_000 + part
  }

  /// Without trailing zeros; parses to the same value.
  public var description: String {
    let (whole, part) = partsPerMillion.quotientAndRemainder(dividingBy: 10_000)
    guard part > 0 else { return "\(whole)%" }
    var decimals = String(part)
    decimals = String(repeating: "0", count: 4 - decimals.count) + decimals
    while decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(whole).\(decimals)%"
  }

  private static func malformed(_ text: String) -> QuantityError {
    let isNumber = text.wholeMatch(of: /[0-9]{1,3}(\.[0-9]+)?/) != nil
    return QuantityError(
      reason: isNumber ? .missingUnit : .malformed,
      message: "'\(text.prefix(40))' is not a percentage"
        + (isNumber ? ": it has no percent sign" : ""),
      hint: isNumber ? "did you mean '\(text)%'?" : "examples: 0.5%, 1%, 25%")
  }
}
