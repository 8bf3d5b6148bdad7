import Synchronization

/// The public numbers P and G of a Diffie-Hellman exchange.
public struct DHGroup: Sendable, Equatable {
  /// `ffdhe2048`, or `custom-23` (bits of P) for a group of your own.
  public let name: String
  /// P, big-endian without leading zeros.
  public let prime: [UInt8]
  /// G, big-endian without leading zeros.
  public let generator: [UInt8]
  /// Bits of P.
  public let bits: Int
  /// Bits of a private exponent, its top bit set; nil where it is uniform in [1, P-2].
  let exponentBits: Int?
  /// Whether y^q = 1 is demanded of public values: P = 2q+1 with q prime and G of order q.
  let checksSubgroup: Bool
  /// Why the group protects less than its size promises; empty for the groups of RFC 7919.
  public let flaws: [GroupFlaw]

  /// Largest P in bits.
  public static let maximumBits = 8192
  /// Below this a group can be broken: for the classroom only, see `isTextbook`.
  public static let minimumSecureBits = 2048
  /// Below this a degenerate value turns up by chance, and is let pass.
  static let minimumStrictBits = 512

  /// Bytes of P, and so of every public value and shared secret.
  public var byteCount: Int { prime.count }
  /// Under 2048 bits.
  public var isTextbook: Bool { bits < Self.minimumSecureBits }
  var isStrict: Bool { bits >= Self.minimumStrictBits }

  /// Shortest exponents for groups of up to so many bits: RFC 7919, appendix A.
  private static let exponentLengths: [(groupBits: Int, exponentBits: Int)] = [
    (2048, 225), (3072, 275), (4096, 325), (6144, 375), (8192, 400),
  ]

  private static func exponentBits(forGroupOf bits: Int) -> Int? {
    guard bits >= minimumSecureBits else { return nil }
    return exponentLengths.first { bits <= $0.groupBits }?.exponentBits
  }

  private init(rfc7919 name: String, hex: String) {
    guard let prime = Hex.decode(hex) else { preconditionFailure("constant of \(name)") }
    self.name = name
    self.prime = prime
    self.generator = [2]
    self.bits = prime.count * 8
    self.exponentBits = Self.exponentBits(forGroupOf: prime.count * 8)
    self.checksSubgroup = true
    self.flaws = []
  }

  public static let ffdhe2048 = DHGroup(rfc7919: "ffdhe2048", hex: RFC7919.ffdhe2048)
  public static let ffdhe3072 = DHGroup(rfc7919: "ffdhe3072", hex: RFC7919.ffdhe3072)
  public static let ffdhe4096 = DHGroup(rfc7919: "ffdhe4096", hex: RFC7919.ffdhe4096)

  /// Names of the groups of RFC 7919 that pilab knows.
  public static let allNames = ["ffdhe2048", "ffdhe3072", "ffdhe4096"]

  /// The group of RFC 7919 of that name.
  public static func named(_ name: String) -> DHGroup? {
    switch name {
    case "ffdhe2048": ffdhe2048
    case "ffdhe3072": ffdhe3072
    case "ffdhe4096": ffdhe4096
    default: nil
    }
  }

  /// A group of one's own: decimal numbers, or hexadecimal ones after `0x`.
  ///
  /// P must be an odd prime of up to 8192 bits, and 2 <= G <= P-2.
  ///
  /// The same numbers are looked at once: with 8192 bits that takes seconds.
  public static func custom(prime: String, generator: String) throws(GroupError) -> DHGroup {
    let key = "\(prime.prefix(maximumBits)) \(generator.prefix(maximumBits))"
    if let group = known.withLock({ $0[key] }) { return group }
    let group = try checked(prime: prime, generator: generator)
    known.withLock { known in
      if known.count >= 32 { known.removeAll() }
      known[key] = group
    }
    return group
  }

  private static let known = Mutex<[String: DHGroup]>([:])

  private static func checked(prime: String, generator: String) throws(GroupError) -> DHGroup {
    // A digit carries at least 3 bits, so that a longer text is refused before it is parsed.
    let longest = maximumBits / 3 + 2
    guard prime.utf8.count <= longest, generator.utf8.count <= longest else {
      throw .primeTooLarge
    }
    guard let p = Natural.parse(prime) else { throw .notANumber("prime", prime) }
    guard let g = Natural.parse(generator) else { throw .notANumber("generator", generator) }
    guard p.bitWidth <= maximumBits else { throw .primeTooLarge }
    guard p.isOdd, p.isProbablyPrime else { throw .notAnOddPrime }
    guard !g.isLess(than: 2), Natural.compare(g, p.subtracting(2)) <= 0, !p.isLess(than: 5) else {
      throw .generatorOutOfRange
    }
    for name in allNames {
      if let known = named(name), known.prime == p.bytes, known.generator == g.bytes {
        return known
      }
    }
    return DHGroup(prime: p, generator: g)
  }

  private init(prime p: borrowing Natural, generator g: borrowing Natural) {
    name = "custom-\(p.bitWidth)"
    prime = p.bytes
    generator = g.bytes
    bits = p.bitWidth
    exponentBits = Self.exponentBits(forGroupOf: p.bitWidth)
    checksSubgroup = g.legendre(over: p) == 1 && p.halved().isProbablyPrime
    flaws = Self.flaws(p, g, isChecked: checksSubgroup)
  }

  private static func flaws(
    _ p: borrowing Natural, _ g: borrowing Natural, isChecked: Bool
  ) -> [GroupFlaw] {
    guard p.bitWidth >= minimumSecureBits else { return [.textbook] }
    guard !isChecked else { return [] }
    // The order of G divides P-1. Where the small factors of P-1 alone take G to 1, it has no large one.
    let isBreakable = g.isOne(raisedTo: p.subtracting(1).smoothPart(below: 1 << 20), modulo: p)
    return isBreakable ? [.uncheckedSubgroup, .breakable] : [.uncheckedSubgroup]
  }
}

/// What is wrong with a group that is a group all the same. The raw values are the flags of results and reports.
public enum GroupFlaw: String, Sendable {
  /// Under 2048 bits: the discrete logarithm can be computed.
  case textbook = "textbook-group"
  /// P is not 2q+1 with q prime, or G does not have order q: a peer's value may lie in a small subgroup and show the
  /// exponent modulo its order, and P-1 may have small factors only.
  case uncheckedSubgroup = "unchecked-subgroup"
  /// The order of G has prime factors below 2^20 only: exponents can be computed from public values.
  case breakable = "breakable-generator"
}

/// Why numbers do not make a group, or an exponent does not fit one.
public enum GroupError: Error, Equatable, CustomStringConvertible {
  case notANumber(String, String)
  case primeTooLarge
  case notAnOddPrime
  case generatorOutOfRange
  case exponentOutOfRange

  public var description: String {
    switch self {
    case .notANumber(let what, let text):
      "the \(what) '\(text.prefix(40))' is not a number: write decimal digits, or hexadecimal ones after 0x"
    case .primeTooLarge: "the prime has more than \(DHGroup.maximumBits) bits"
    case .notAnOddPrime: "P is not an odd prime"
    case .generatorOutOfRange: "G is out of range: 2 <= G <= P-2 must hold"
    case .exponentOutOfRange:
      "the private exponent is out of range: 1 <= a <= P-2 must hold, and G^a must not be 1 or P-1"
    }
  }
}
