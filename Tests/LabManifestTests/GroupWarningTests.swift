import PiCrypto
import Testing

@testable import LabManifest

/// Groups that are large and weak all the same: valid in classic, and said so at their place.
struct GroupWarningTests {
  /// 2048 bits, all factors of P-1 below 2^16: `smooth_prime` of Tests/Interop/harness.py.
  static let smooth =
    "0x"
    + "a552ec166f36079f56634e14a2d3f51e808edebb83d8ca8494616d39977a63f77dceceea414d9322566a"
    + "54ca9a6c9a635bc418aa9ebab4f5e4a8be2b5cd03e235c2a52d81ce3413352e5d09c885dc7202188c957"
    + "ca9ef2bf207c45177e8ad30d635b9fb3b7df0f9708924a2d64cbeb4f52ab5dad48296fd27643a716dbb6"
    + "22c9c8d99af40f8deee4daae8825bee18e17277464cef729dd0ecfd31f9ed246df4fc50f7c0f43308eb3"
    + "4bfe28b314f7721be5fde2de2ea2cc7cf3a5d83b7905797e3d142d99af3d3f36fe641a5e5c18f5a0c85b"
    + "f9fb3e999e904e95522a826778049e8e06090cee16f5eba7b8eea9915142a014f0eea39f35764667e982"
    + "dadb0bf5"

  static let ffdhe2048 = Hexadecimal.text(DHGroup.ffdhe2048.prime)

  private func warnings(_ exchange: String) throws -> [Diagnostic] {
    try Samples.grammar.parse(Samples.manifest(exchange: exchange), path: Samples.path).warnings
  }

  private func group(_ prime: String, _ generator: Int) -> String {
    "group: { prime: \"\(prime)\", generator: \(generator) }"
  }

  @Test func goodGroupsHaveNone() throws {
    for lines in ["", "profile: sealed", group(Self.ffdhe2048, 2), group("23", 5)] {
      #expect(try warnings(lines) == [])
    }
    // The numbers of a lesson are known for what they are.
    #expect(try warnings(group("23", 5) + "\nprivateExponents: { alice: 6, bob: 15 }") == [])
  }

  /// 7 is no square modulo this P, so its order is 2q.
  @Test func aGeneratorOfAnotherOrder() throws {
    let found = try warnings(group(Self.ffdhe2048, 7))
    let warning = try #require(found.first)
    #expect(found.count == 1)
    #expect(warning.severity == .warning)
    #expect(warning.line == 11 && warning.column == 21)
    #expect(warning.message.contains("(unchecked-subgroup)"))
    #expect(warning.hint?.contains("ffdhe3072") == true)
    #expect(
      warning.description.hasPrefix(
        "\(Samples.path):11:21: warning: public values cannot be checked"))
  }

  @Test func aPrimeWithSmallFactorsOnly() throws {
    let found = try warnings(group(Self.smooth, 3))
    #expect(found.map(\.line) == [11, 11])
    #expect(found.first?.message.contains("(unchecked-subgroup)") == true)
    #expect(found.last?.message.contains("(breakable-generator)") == true)
    #expect(found.last?.message.contains("whoever listens can compute") == true)
  }

  @Test(arguments: [
    (ffdhe2048, 7, "each value that a peer chooses may show a part of it"),
    (smooth, 3, "whoever listens can compute it from the public value"),
  ])
  func aFixedExponentLeaks(_ prime: String, _ generator: Int, _ leak: String) throws {
    let found = try warnings(
      group(prime, generator) + "\nprivateExponents: { alice: 1234567, bob: 7654321 }")
    let leaks = found.filter { $0.line == 12 }
    #expect(leaks.count == 2)
    for warning in leaks {
      #expect(warning.message.contains(leak))
      #expect(warning.message.contains("recorded ones too"))
      #expect(!warning.description.contains("1234567"))
    }
  }

  @Test func sealedRefusesThem() {
    for (prime, generator) in [(Self.ffdhe2048, 7), (Self.smooth, 3)] {
      let found = Samples.diagnostics(
        Samples.manifest(exchange: "profile: sealed\n" + group(prime, generator)))
      #expect(
        found.map(\.message) == [
          "profile sealed does not allow this group: public values cannot be checked"
        ])
      #expect(found.map(\.severity) == [.error])
    }
  }
}
