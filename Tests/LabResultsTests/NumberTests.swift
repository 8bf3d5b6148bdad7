import LabResults
import Testing

/// Arithmetic that one follows with a pencil.
struct SmallPowerTests {
  @Test func theTextbooksNumbers() throws {
    let power = try #require(SmallPower(5, 6, modulo: 23))
    #expect(power.result == 8)
    // 6 is 110.
    #expect(power.steps.map(\.isOne) == [true, true, false])
    #expect(power.steps.map(\.from) == [1, 5, 10])
    #expect(power.steps.map(\.square) == [1, 25, 100])
    #expect(power.steps.map(\.product) == [5, 10, nil])
    #expect(power.steps.map(\.result) == [5, 10, 8])
    #expect(SmallPower(5, 15, modulo: 23)?.result == 19)
    #expect(SmallPower(19, 6, modulo: 23)?.result == 2)
  }

  @Test func whatFits() {
    #expect(SmallPower(7, 0, modulo: 23)?.result == 1)
    #expect(SmallPower(2, 4_294_967_290, modulo: 4_294_967_291)?.result == 1)
    #expect(SmallPower(2, 1, modulo: 1 << 32) == nil)
    #expect(SmallPower(2, 1, modulo: 1) == nil)
  }

  /// Against a product of as many factors.
  @Test(
    arguments: [(3, 17), (4_294_967_290, 4_294_967_291), (65_537, 999_983)] as [(UInt64, UInt64)])
  func isARepeatedProduct(_ base: UInt64, _ modulus: UInt64) {
    var product: UInt64 = 1
    for exponent in UInt64(1)...70 {
      product = product * (base % modulus) % modulus
      #expect(SmallPower(base, exponent, modulo: modulus)?.result == product)
    }
  }

  @Test func theSearchTriesOneAfterTheOther() throws {
    let search = try #require(ExponentSearch(19, generator: 5, prime: 23))
    #expect(search.exponent == 15 && search.tries == 15)
    // 5 has no power that is 0, and large groups are not tried.
    #expect(ExponentSearch(0, generator: 5, prime: 23) == nil)
    #expect(ExponentSearch(2, generator: 2, prime: 4_294_967_291) == nil)
  }

  /// From trying in milliseconds to what nobody can, in the order of the sizes.
  @Test func everySizeHasAnEstimate() {
    let sentences = [5, 40, 64, 512, 768, 1024, 1536, 2048, 3072].map {
      AttackEstimate(bits: $0).sentence
    }
    #expect(Set(sentences).count == sentences.count)
    #expect(sentences.last?.contains("2^128") == true)
    #expect(AttackEstimate(bits: 4096, isBreakable: true).sentence.contains("Pohlig"))
  }

  /// What applies is what takes least: the factors one by one, or the group as a whole.
  @Test func theFactorsOfTheOrderCount() {
    func sentence(_ bits: Int, _ factorBits: Int?) -> String {
      AttackEstimate(bits: bits, factorBits: factorBits).sentence
    }
    for bits in [60, 160, 1024] {
      let smooth = sentence(bits, 11)
      #expect(smooth.contains("has 11 bits") && smooth.contains("2^6 steps"), "\(smooth)")
      #expect(smooth.hasSuffix(": milliseconds."))
    }
    #expect(sentence(64, 63) == sentence(64, nil))
    #expect(sentence(64, nil).contains("minutes to hours"))
    #expect(sentence(32, 25).contains("Shanks") && sentence(32, 25).hasSuffix(": milliseconds."))
    #expect(sentence(1024, 900) == sentence(1024, nil))
  }
}
