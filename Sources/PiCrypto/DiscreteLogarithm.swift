import CGMP

/// The exponent of a public value, where the group is too weak to hide it: Pohlig and Hellman's way over the prime
/// factors of G's order, and Shanks's baby steps and giant steps for each (Handbook of Applied Cryptography, 3.6.2 and
/// 3.6.4).
struct DiscreteLogarithm: ~Copyable {
  /// Factors below this are found by trial division.
  static let trialBound: UInt = 1 << 20
  /// Largest prime factor that baby steps are made for: a million of them.
  static let largestFactorBits = 40

  private let p: Natural
  private let g: Natural
  /// A multiple of G's order, whose prime factors are all known.
  private let order: Natural
  private let factors: [(prime: UInt, exponent: Int)]

  /// nil where the order of G has a factor that is too large.
  init?(in group: DHGroup) {
    p = Natural(bigEndian: group.prime)
    g = Natural(bigEndian: group.generator)
    let all = p.subtracting(1)
    let smooth = all.smoothPart(below: Self.trialBound)
    let rest = all.divided(by: smooth)
    var factors = smooth.smallFactors(below: Self.trialBound)
    if g.isOne(raisedTo: smooth, modulo: p) {
      order = smooth
    } else if rest.bitWidth <= Self.largestFactorBits {
      // All that is left of a number without small factors and below their square: a prime.
      factors.append((__gmpz_get_ui(rest.z), 1))
      order = all
    } else {
      return nil
    }
    self.factors = factors
  }

  /// a with G^a = `value` mod P; nil where `value` is no power of G.
  func exponent(of value: borrowing Natural) -> Natural? {
    let result = Natural()
    let modulus = Natural(1)
    for (prime, exponent) in factors {
      guard let part = part(of: value, prime, exponent) else { return nil }
      Self.combine(result, modulus, part, prime, exponent)
    }
    let check = Natural()
    __gmpz_powm(check.z, g.z, result.z, p.z)
    return Natural.compare(check, value) == 0 ? .some(result) : nil
  }

  /// The exponent modulo prime^exponent, digit by digit, the lowest first.
  private func part(of value: borrowing Natural, _ prime: UInt, _ exponent: Int) -> Natural? {
    let steps = Natural()
    __gmpz_divexact_ui(steps.z, order.z, prime)
    let base = Natural()
    __gmpz_powm(base.z, g.z, steps.z, p.z)
    let table = BabySteps(base: base, order: prime, modulo: p)
    let found = Natural()
    let weight = Natural(1)
    for digitPlace in 0..<exponent {
      if digitPlace > 0 { __gmpz_divexact_ui(steps.z, steps.z, prime) }
      // (value / G^found)^(order / prime^(place + 1)) = base^digit
      let rest = Natural()
      __gmpz_powm(rest.z, g.z, found.z, p.z)
      guard __gmpz_invert(rest.z, rest.z, p.z) != 0 else { return nil }
      __gmpz_mul(rest.z, rest.z, value.z)
      __gmpz_powm(rest.z, rest.z, steps.z, p.z)
      guard let digit = table.exponent(of: rest) else { return nil }
      __gmpz_addmul_ui(found.z, weight.z, digit)
      __gmpz_mul_ui(weight.z, weight.z, prime)
    }
    return .some(found)
  }

  /// The Chinese remainder: `result` is to be `part` modulo prime^exponent, too.
  private static func combine(
    _ result: borrowing Natural, _ modulus: borrowing Natural, _ part: borrowing Natural,
    _ prime: UInt, _ exponent: Int
  ) {
    let power = Natural()
    __gmpz_ui_pow_ui(power.z, prime, UInt(exponent))
    let factor = Natural()
    // The moduli have no factor in common.
    __gmpz_invert(factor.z, modulus.z, power.z)
    let difference = Natural()
    __gmpz_sub(difference.z, part.z, result.z)
    __gmpz_mul(difference.z, difference.z, factor.z)
    __gmpz_mod(difference.z, difference.z, power.z)
    __gmpz_addmul(result.z, difference.z, modulus.z)
    __gmpz_mul(modulus.z, modulus.z, power.z)
  }
}

/// Powers of an element whose order is a prime, or 1.
private struct BabySteps: ~Copyable {
  private let p: Natural
  private let base: Natural
  /// base^-count
  private let giant: Natural
  private let count: UInt
  private let order: UInt
  /// Exponents by the lowest 64 bits of the power: what is found is tried.
  private var exponents: [UInt: UInt32] = [:]

  init(base: borrowing Natural, order: UInt, modulo p: borrowing Natural) {
    self.p = p.subtracting(0)
    self.base = base.subtracting(0)
    self.order = order
    var root: UInt = 1
    while root * root < order { root += 1 }
    count = root
    exponents.reserveCapacity(Int(count))
    let power = Natural(1)
    for exponent in 0..<count {
      let key = __gmpz_get_ui(power.z)
      if exponents[key] == nil { exponents[key] = UInt32(exponent) }
      __gmpz_mul(power.z, power.z, base.z)
      __gmpz_mod(power.z, power.z, p.z)
    }
    giant = Natural()
    __gmpz_invert(giant.z, power.z, p.z)
  }

  func exponent(of value: borrowing Natural) -> UInt? {
    let power = value.subtracting(0)
    let check = Natural()
    for giantSteps in 0...count {
      if let small = exponents[__gmpz_get_ui(power.z)] {
        let exponent = giantSteps * count + UInt(small)
        __gmpz_powm_ui(check.z, base.z, exponent, p.z)
        if Natural.compare(check, value) == 0 { return exponent % order }
      }
      __gmpz_mul(power.z, power.z, giant.z)
      __gmpz_mod(power.z, power.z, p.z)
    }
    return nil
  }
}

extension DHGroup {
  /// Bits of the largest prime factor of G's order: what it takes to compute an exponent by Pohlig and Hellman's way. Nil
  /// where that factor is not known, because P-1 without its small factors is no prime.
  public var orderFactorBits: Int? {
    let p = Natural(bigEndian: prime)
    let g = Natural(bigEndian: generator)
    let all = p.subtracting(1)
    let smooth = all.smoothPart(below: DiscreteLogarithm.trialBound)
    guard g.isOne(raisedTo: smooth, modulo: p) else {
      let rest = all.divided(by: smooth)
      return rest.isProbablyPrime ? rest.bitWidth : nil
    }
    let factors = smooth.smallFactors(below: DiscreteLogarithm.trialBound)
    let ofOrder = factors.filter { factor in
      // The order has it where G does not come to 1 without it.
      let without = smooth.subtracting(0)
      for _ in 0..<factor.exponent { __gmpz_divexact_ui(without.z, without.z, factor.prime) }
      return !g.isOne(raisedTo: without, modulo: p)
    }
    return ofOrder.map { UInt.bitWidth - $0.prime.leadingZeroBitCount }.max()
  }
}

extension Natural {
  /// By one of its divisors.
  fileprivate func divided(by divisor: borrowing Natural) -> Natural {
    let result = Natural()
    __gmpz_divexact(result.z, z, divisor.z)
    return result
  }

  /// The prime factors of a number that has none from `bound` on.
  fileprivate func smallFactors(below bound: UInt) -> [(prime: UInt, exponent: Int)] {
    let rest = subtracting(0)
    var found: [(prime: UInt, exponent: Int)] = []
    var factor: UInt = 2
    while factor < bound, __gmpz_cmp_ui(rest.z, 1) > 0 {
      var exponent = 0
      while __gmpz_divisible_ui_p(rest.z, factor) != 0 {
        __gmpz_divexact_ui(rest.z, rest.z, factor)
        exponent += 1
      }
      if exponent > 0 { found.append((factor, exponent)) }
      factor += factor == 2 ? 1 : 2
    }
    return found
  }
}
