/// What it takes to find a private exponent from what crosses the wire.
public struct AttackEstimate: Sendable, Equatable {
  public let sentence: String

  /// - Parameters:
  ///   - bits: of P.
  ///   - isBreakable: the order of G has small prime factors only.
  ///   - factorBits: of the largest prime factor of G's order; nil where it is not known.
  public init(bits: Int, isBreakable: Bool = false, factorBits: Int? = nil) {
    sentence =
      switch bits {
      case 23... where factorBits.map { $0 <= min(64, bits - 8) } ?? false:
        Self.byFactors(factorBits ?? bits)
      case _ where isBreakable:
        "The order of G has small prime factors only: whoever listens computes the exponents in seconds (Pohlig and Hellman)."
      case ...22: "Whoever listens tries all exponents: a few milliseconds."
      case ...64:
        "Whoever listens needs about 2^\(bits / 2) steps and as much memory (Shanks's baby steps and giant steps): "
          + "\(Self.time(ofRoot: bits))."
      case ...512:
        "Whoever listens uses the number field sieve. For 512 bits it took 10 core-years once for P, and then 70 seconds "
          + "for each exchange (Adrian and others, Imperfect Forward Secrecy, 2015)."
      case ...795:
        "The number field sieve has done it: 795 bits took 3,100 core-years (Boudot and others, 2020)."
      case ...1024:
        "For 1024 bits 45 million core-years once for P are estimated, and then 30 core-days for each exchange: within reach "
          + "of a state (Adrian and others, Imperfect Forward Secrecy, 2015)."
      case ..<2048:
        "Nobody is known to have done it, but the group has less than the 112 bits of strength that NIST demands (SP 800-57)."
      case ..<3072:
        "Nobody can: about 2^112 steps (NIST SP 800-57 part 1, table 2)."
      default: "Nobody can: about 2^128 steps or more (NIST SP 800-57 part 1, table 2)."
      }
  }

  private static func byFactors(_ bits: Int) -> String {
    "The largest prime factor of the order of G has \(bits) \(bits == 1 ? "bit" : "bits"): whoever listens finds the "
      + "exponent modulo each factor by itself (Pohlig and Hellman), in about 2^\((bits + 1) / 2) steps for the largest: "
      + "\(time(ofRoot: bits))."
  }

  /// Of a search in a group of so many bits, whose steps are the root of its size. Measured with a table of 2^16 to 2^24
  /// steps were 0.2 to 1.1 µs a step.
  private static func time(ofRoot bits: Int) -> String {
    switch bits {
    case ...34: "milliseconds"
    case ...40: "a second or so"
    case ...50: "seconds to minutes"
    default: "minutes to hours on one machine"
    }
  }
}
