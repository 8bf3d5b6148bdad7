/// A power modulo a small number, step by step: square and multiply from the exponent's highest bit on (Handbook of Applied
/// Cryptography, algorithm 14.79).
public struct SmallPower: Sendable, Equatable {
  /// One bit of the exponent: squared, and multiplied where the bit is 1.
  public struct Step: Sendable, Equatable {
    /// Of the step before; 1 at first.
    public var from: UInt64
    /// Not reduced.
    public var square: UInt64
    /// The reduced square times the base, not reduced; nil where the bit is 0.
    public var product: UInt64?
    public var result: UInt64

    public var isOne: Bool { product != nil }
  }

  public let base: UInt64
  public let exponent: UInt64
  public let modulus: UInt64
  public let steps: [Step]

  /// - Returns: nil for what does not fit: the modulus has to be below 2^32 and above 1.
  public init?(_ base: UInt64, _ exponent: UInt64, modulo modulus: UInt64) {
    guard modulus > 1, modulus >> 32 == 0 else { return nil }
    self.base = base % modulus
    self.exponent = exponent
    self.modulus = modulus
    var value: UInt64 = 1
    var steps: [Step] = []
    for place in (0..<(UInt64.bitWidth - exponent.leadingZeroBitCount)).reversed() {
      // Both factors are below 2^32.
      let square = value * value
      let reduced = square % modulus
      let product = exponent >> UInt64(place) & 1 == 1 ? reduced * self.base : nil
      let result = (product ?? square) % modulus
      steps.append(Step(from: value, square: square, product: product, result: result))
      value = result
    }
    self.steps = steps
  }

  public var result: UInt64 { steps.last?.result ?? 1 }
}

extension ExponentSearch {
  /// Groups below it are searched: a few milliseconds.
  public static let bound: UInt64 = 1 << 22

  /// - Returns: nil where the group is too large, or the value is no power of G.
  public init?(_ value: UInt64, generator: UInt64, prime: UInt64) {
    guard prime > 1, prime < Self.bound else { return nil }
    let start = ContinuousClock.now
    var power = generator % prime
    var exponent: UInt64 = 1
    while power != value {
      guard exponent < prime else { return nil }
      power = power * generator % prime
      exponent += 1
    }
    let time = (ContinuousClock.now - start) / .nanoseconds(1)
    self.init(exponent: exponent, tries: exponent, nanoseconds: UInt64(max(0, time)))
  }
}
