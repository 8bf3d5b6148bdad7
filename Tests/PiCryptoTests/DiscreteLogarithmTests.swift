import Testing

@testable import PiCrypto

@Suite struct DiscreteLogarithmTests {
  /// Of G's order: a prime and 2, squares and cubes, and a part of P-1 only.
  @Test(arguments: [("23", "5"), ("101", "2"), ("433", "5"), ("2017", "5"), ("31", "2")])
  func everyExponentIsFound(_ prime: String, _ generator: String) throws {
    let group = try DHGroup.custom(prime: prime, generator: generator)
    let peer = try KeyPair(fixed: "3", in: group)
    let last = try #require(Int(prime)) - 2
    var tried = 0
    for exponent in 1...last {
      let pair: KeyPair
      // Those whose public value is 1 or P-1 are none.
      do { pair = try KeyPair(fixed: "\(exponent)", in: group) } catch { continue }
      tried += 1
      guard let found = KeyPair(breaking: pair.publicValue, in: group) else {
        Issue.record("\(exponent) was not found")
        continue
      }
      #expect(try secret(found, peer) == secret(pair, peer), "\(exponent)")
    }
    #expect(tried > last / 2)
  }

  private func secret(
    _ pair: borrowing KeyPair, _ peer: borrowing KeyPair
  ) throws -> [UInt8] {
    try pair.sharedSecret(with: peer.publicValue).bytes.withUnsafeBytes { Array($0) }
  }

  /// 2 has the order 5 modulo 31, and 3 is none of its powers.
  @Test func whatIsNoPowerIsNotFound() throws {
    let group = try DHGroup.custom(prime: "31", generator: "2")
    let isFound = KeyPair(breaking: try PublicValue(validating: [3], in: group), in: group) != nil
    #expect(!isFound)
  }

  /// 22 = 2·11, and 2 has the order 11; 2^32-6 = 2·5·19·22605091; 65536 = 2^16; 30 = 2·3·5, and 2 has the order 5.
  @Test(arguments: [
    ("23", "5", 4), ("23", "2", 4), ("4294967291", "2", 25), ("65537", "3", 2), ("31", "2", 3),
    ("18446744073709551557", "2", 43),
  ])
  func theLargestFactorIsKnown(_ prime: String, _ generator: String, _ bits: Int) throws {
    #expect(try DHGroup.custom(prime: prime, generator: generator).orderFactorBits == bits)
  }

  @Test func aStrongGroupIsNotBroken() {
    let pair = KeyPair(generatingIn: .ffdhe2048)
    let isFound = KeyPair(breaking: pair.publicValue, in: .ffdhe2048) != nil
    #expect(!isFound)
  }
}
