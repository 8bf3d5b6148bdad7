import Testing

@testable import PiCrypto

@Suite struct GroupTests {
  /// p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1, RFC 7919, appendix A.
  @Test(arguments: [
    ("ffdhe2048", 2048, 560_316), ("ffdhe3072", 3072, 2_625_351), ("ffdhe4096", 4096, 5_736_041),
  ])
  func primeFollowsTheFormula(name: String, bits: Int, x: Int) throws {
    let group = try #require(DHGroup.named(name))
    let program = """
      from fractions import Fraction
      b, x = \(bits), \(x)
      e, term, k = Fraction(0), Fraction(1), 0
      while term > Fraction(1, 2 ** (b + 64)):
          e += term
          k += 1
          term /= k
      print('%x' % (2**b - 2**(b-64) + (int(2**(b-130) * e) + x) * 2**64 - 1))
      """
    let expected = try python(program)
    #expect(Hex.encode(group.prime) == expected)
  }

  @Test(arguments: DHGroup.allNames)
  func primeIsSafe(name: String) throws {
    let group = try #require(DHGroup.named(name))
    let p = Natural(bigEndian: group.prime)
    let pIsPrime = p.isProbablyPrime
    let qIsPrime = p.halved().isProbablyPrime
    #expect(pIsPrime && qIsPrime)
    #expect(Natural(2).legendre(over: p) == 1)
    #expect(group.checksSubgroup && !group.isTextbook && group.bits == p.bitWidth)
  }

  @Test func textbookGroup() throws {
    let group = try DHGroup.custom(prime: "23", generator: "5")
    #expect(group.isTextbook && group.bits == 5 && group.byteCount == 1)
    // 5 is a primitive root of 23, so y^q = 1 cannot be asked for.
    #expect(!group.checksSubgroup)
    #expect(try DHGroup.custom(prime: "0x17", generator: "0x5") == group)
    let alice = try KeyPair(fixed: "6", in: group)
    let bob = try KeyPair(fixed: "15", in: group)
    #expect(alice.publicValue.bytes == [8] && bob.publicValue.bytes == [19])
    let secret = try alice.sharedSecret(with: bob.publicValue)
    let other = try bob.sharedSecret(with: alice.publicValue)
    #expect(secret.bytes.withUnsafeBytes { Array($0) } == [2])
    #expect(other.bytes.withUnsafeBytes { Array($0) } == [2])
  }

  @Test func knownGroupKeepsItsName() throws {
    let group = try DHGroup.custom(
      prime: "0x" + RFC7919.ffdhe2048.replacing("\n", with: ""), generator: "2")
    #expect(group.name == "ffdhe2048")
  }

  @Test(arguments: [
    ("21", "5", GroupError.notAnOddPrime), ("22", "5", .notAnOddPrime), ("2", "2", .notAnOddPrime),
    ("1", "2", .notAnOddPrime), ("0", "2", .notAnOddPrime), ("561", "5", .notAnOddPrime),
    ("23", "1", .generatorOutOfRange), ("23", "0", .generatorOutOfRange),
    ("23", "22", .generatorOutOfRange), ("23", "23", .generatorOutOfRange),
    ("3", "2", .generatorOutOfRange),
    ("x", "2", .notANumber("prime", "x")), ("23", "", .notANumber("generator", "")),
    ("0x", "5", .notANumber("prime", "0x")), ("-23", "5", .notANumber("prime", "-23")),
  ])
  func badGroupIsRefused(prime: String, generator: String, error: GroupError) {
    #expect(throws: error) { try DHGroup.custom(prime: prime, generator: generator) }
  }

  @Test(arguments: [2500, 2700, 100_000]) func hugePrimeIsRefused(digits: Int) {
    let digits = String(repeating: "9", count: digits)
    #expect(throws: GroupError.primeTooLarge) {
      try DHGroup.custom(prime: digits, generator: "2")
    }
    #expect(throws: GroupError.primeTooLarge) {
      try DHGroup.custom(prime: "23", generator: String(repeating: "9", count: 100_000))
    }
  }

  @Test(arguments: ["0", "22", "23", "11", "x", "", "-1"])
  func badExponentIsRefused(text: String) throws {
    let group = try DHGroup.custom(prime: "23", generator: "5")
    #expect(throws: GroupError.self) { _ = try KeyPair(fixed: text, in: group).isFixed }
  }

  @Test(arguments: DHGroup.allNames)
  func publicValueIsValidated(name: String) throws {
    let group = try #require(DHGroup.named(name))
    let p = Natural(bigEndian: group.prime)
    let count = group.byteCount
    let outOfRange = [
      Natural(0).bytes(count: count), Natural(1).bytes(count: count),
      p.subtracting(1).bytes(count: count), p.bytes(count: count),
      [UInt8](repeating: 0xFF, count: count),
    ]
    for bytes in outOfRange {
      #expect(throws: PublicValueError.outOfRange) { try PublicValue(validating: bytes, in: group) }
    }
    // P-2 = -2 is no square: -1 is none because p = 7 mod 8, and 2 is one.
    #expect(throws: PublicValueError.outsideSubgroup) {
      try PublicValue(validating: p.subtracting(2).bytes(count: count), in: group)
    }
    #expect(throws: PublicValueError.wrongLength) {
      try PublicValue(validating: [UInt8](repeating: 2, count: count - 1), in: group)
    }
    #expect(throws: PublicValueError.wrongLength) { try PublicValue(validating: [], in: group) }
    let square = Natural(4).bytes(count: count)
    #expect(try PublicValue(validating: square, in: group).bytes == square)
  }

  @Test(arguments: [("ffdhe2048", 225), ("ffdhe3072", 275), ("ffdhe4096", 325)])
  func randomValuesDiffer(name: String, exponentBits: Int) throws {
    let group = try #require(DHGroup.named(name))
    #expect(group.exponentBits == exponentBits)
    let values = Set((0..<20).map { _ in KeyPair(generatingIn: group).publicValue.bytes })
    #expect(values.count == 20)
    for value in values { _ = try PublicValue(validating: value, in: group) }
  }

  @Test func textbookExponentsCoverTheirRange() throws {
    let group = try DHGroup.custom(prime: "23", generator: "5")
    let values = Set((0..<2000).map { _ in KeyPair(generatingIn: group).publicValue.bytes[0] })
    // All but 1 and 22, which a peer would refuse; a miss has probability below 2^-100.
    #expect(values == Set(2...21))
  }
}
