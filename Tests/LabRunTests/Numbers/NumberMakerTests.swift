import LabResults
import LabRun
import PiCrypto
import PiExchange
import Testing

struct NumberMakerTests {
  private static func side(
    _ board: String, _ exponent: String?, sends value: UInt8? = nil
  ) -> NumberMaker.Side {
    NumberMaker.Side(board: board, exponent: exponent, publicValue: value.map { [$0] })
  }

  private static let textbook = try? DHGroup.custom(prime: "23", generator: "5")

  @Test func theTextbooksExchange() throws {
    let maker = NumberMaker(try #require(Self.textbook))
    let numbers = try maker.numbers(
      Self.side("alice", "6"), Self.side("bob", "0xf"), profile: .classic)
    #expect(numbers.sender.publicValue?.decimal == "8" && numbers.sender.source == .given)
    #expect(numbers.receiver.publicValue?.hex == "13" && numbers.receiver.exponent?.decimal == "15")
    let shared = try #require(numbers.shared)
    #expect(shared.secret.decimal == "2" && shared.secretBytes == "02")
    // sha256sum of the byte 2
    #expect(
      shared.sha256 == "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986")
    #expect(shared.key == "dbc1b4c900ffe48d575b5da5c6380401")
    #expect(numbers.search?.exponent == 6 && numbers.withheld == nil)
  }

  /// Of boards that have drawn theirs: whoever listens finds them, and so does the report.
  @Test func exponentsThatAreFound() throws {
    let maker = NumberMaker(try #require(Self.textbook))
    let numbers = try maker.numbers(
      Self.side("alice", nil, sends: 8), Self.side("bob", nil, sends: 19), profile: .sealed)
    #expect(numbers.sender.exponent?.decimal == "6" && numbers.sender.source == .found)
    #expect(numbers.receiver.exponent?.decimal == "15" && numbers.receiver.source == .found)
    #expect(numbers.shared?.secret.decimal == "2")
    // Profile sealed derives its key from more than Z.
    #expect(numbers.shared?.key == nil)
  }

  /// Too large for trying, and nobody told the exponents.
  @Test func whatIsNotFoundIsSaid() throws {
    let group = try DHGroup.custom(prime: "0xffffffffffffffc5", generator: "2")
    let values = try ["12345678901", "98765432109"].map {
      try KeyPair(fixed: $0, in: group).publicValue.bytes
    }
    let numbers = try NumberMaker(group).numbers(
      .init(board: "alice", exponent: nil, publicValue: values[0]),
      .init(board: "bob", exponent: nil, publicValue: values[1]), profile: .classic)
    #expect(numbers.shared == nil && numbers.search == nil)
    #expect(numbers.withheld?.contains("too large") == true)
    // One of them is enough.
    let known = try NumberMaker(group).numbers(
      .init(board: "alice", exponent: nil, publicValue: values[0]),
      .init(board: "bob", exponent: "98765432109", publicValue: values[1]), profile: .classic)
    #expect(known.shared != nil && known.withheld == nil)
  }

  /// Of real groups no secret is there, not even one that the manifest has.
  @Test(arguments: DHGroup.allNames) func realGroups(_ name: String) throws {
    let group = try #require(DHGroup.named(name))
    let numbers = try NumberMaker(group).numbers(
      Self.side("alice", "123456789"), Self.side("bob", "987654321"), profile: .classic)
    #expect(numbers.sender.exponent == nil && numbers.receiver.exponent == nil)
    #expect(numbers.shared == nil && numbers.search == nil && numbers.block == nil)
    #expect(numbers.sender.publicValue != nil && numbers.prime.decimal == nil)
    #expect(numbers.withheld != nil)
  }

  @Test func exponentsThatDoNotFit() throws {
    let maker = NumberMaker(try #require(Self.textbook))
    for text in ["0", "22", "99999999999999999999", "six"] {
      #expect(throws: GroupError.self) {
        try maker.numbers(Self.side("alice", text), Self.side("bob", nil), profile: .classic)
      }
    }
  }

  private static let key = "2b7e151628aed2a6abf7158809cf4f3c"
  private static let plain = "6bc1bee22e409f96e93d7e117393172a"

  /// NIST SP 800-38A, F.1.1.
  @Test func firstBlockOfECB() throws {
    let cipher = "3ad77bb40d7a3660a89ecaf32466ef97"
    let block = try #require(Self.block(.aes128ECB, file: cipher))
    #expect(block.plaintext == Self.plain && block.ciphertext == cipher && block.counter == nil)
    // What the file has is never shown as the key's work when it is not.
    #expect(Self.block(.aes128ECB, file: "00" + cipher.dropFirst(2)) == nil)
  }

  /// NIST SP 800-38A, F.5.1: the file has the first counter block, then the image.
  @Test func firstBlockOfCounterMode() throws {
    let (counter, cipher) = ("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "874d6191b620e3261bef6864990db6ce")
    let block = try #require(Self.block(.aes128CTR, file: counter + cipher))
    #expect(block.counter == counter && block.ciphertext == cipher)
    #expect(block.keyStream == "ec8cdf7398607cb0f2d21675ea9ea1e4")
    #expect(Self.block(.aes128CTR, file: counter) == nil)
  }

  private static func block(_ cipher: Cipher, file: String) -> KeyAgreementNumbers.Block? {
    KeyAgreementNumbers.Block(
      cipher: cipher, key: key, plaintext: Hex.decode(plain) ?? [],
      ciphertext: Hex.decode(file) ?? [])
  }
}
