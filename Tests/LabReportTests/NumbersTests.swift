import LabResults
import Testing

@testable import LabReport

/// The numbers of a key agreement, in every form.
struct NumbersTests {
  typealias Number = KeyAgreementNumbers.Number

  private static func small(_ value: UInt64) -> Number {
    Number(decimal: "\(value)", hex: String(value, radix: 16))
  }

  static let textbook: KeyAgreementNumbers = {
    var numbers = KeyAgreementNumbers(
      group: "custom-5", bits: 5, prime: small(23), generator: small(5),
      sender: .init(board: "alice", exponent: small(6), source: .given, publicValue: small(8)),
      receiver: .init(board: "bob", exponent: small(15), source: .found, publicValue: small(19)))
    numbers.shared = .init(
      secret: small(2), secretBytes: "02", sha256: String(repeating: "ab", count: 32),
      key: String(repeating: "ab", count: 16))
    numbers.block = .init(
      cipher: "aes-128-ctr", plaintext: "00", counter: "01", keyStream: "02", ciphertext: "02")
    numbers.search = ExponentSearch(exponent: 6, tries: 6, nanoseconds: 501)
    return numbers
  }()

  @Test func everyRowHasItsNumbers() {
    let rows = NumberRows(Self.textbook).rows
    let formulas = rows.map(\.formula)
    #expect(formulas[0] == "P = 23 (0x17), 5 bits; G = 5 (0x5)")
    #expect(formulas.contains("x = G^a mod P = 5^6 mod 23 = 8 (0x8)"))
    #expect(formulas.contains("Z = y^a mod P = 19^6 mod 23 = 2 (0x2)"))
    #expect(formulas.contains("Z = x^b mod P = 8^15 mod 23 = 2 (0x2)"))
    #expect(formulas.contains("b = 15 (0xf); drawn by the board, and found by trying"))
    #expect(formulas.contains("01 to the key stream 02"))
    let sent = rows.first { $0.label == "alice sends" }
    #expect(
      sent?.steps.dropFirst() == [
        "1: 1² = 1, 1·5 = 5", "1: 5² = 25 ≡ 2, 2·5 = 10", "0: 10² = 100 ≡ 8",
      ])
    #expect(rows.last?.label == "Attack" && rows.last?.steps.count == 6)
  }

  /// Large numbers are cut where the form is short, and nobody multiplies them with a pencil.
  @Test func largeNumbers() {
    let large = Number(decimal: nil, hex: "f" + String(repeating: "0", count: 511))
    var numbers = KeyAgreementNumbers(
      group: "ffdhe2048", bits: 2048, prime: large, generator: Number(decimal: nil, hex: "2"),
      sender: .init(board: "alice", exponent: nil, source: nil, publicValue: large),
      receiver: .init(board: "bob", exponent: nil, source: nil, publicValue: large))
    numbers.withheld = "the secrets"
    let rows = NumberRows(numbers, isShort: true).rows
    #expect(
      rows.map(\.label) == ["Everybody knows", "alice sends", "bob sends", "Not shown", "Attack"])
    #expect(rows[1].formula == "x = 0xf000000000000000…0000000000000000")
    #expect(rows.allSatisfy { $0.steps.isEmpty })
    #expect(NumberRows(numbers).rows[1].formula.count == 512 + 6)
    let text = NumbersText(numbers, title: "real").render(color: false, width: 80)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  /// Wide, and as narrow as terminals get.
  @Test(arguments: [40, 60, 80, 200]) func theTerminalsWidth(_ width: Int) {
    let text = NumbersText(Self.textbook, title: "textbook").render(color: false, width: width)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= width && !$0.hasSuffix(" ") })
    #expect(!text.contains("\u{1B}"))
    let squeezed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(squeezed.contains("x = G^a mod P = 5^6 mod 23 = 8 (0x8)"))
    #expect(
      NumbersText(Self.textbook, title: "t").render(color: true, width: 80).contains("\u{1B}"))
  }
}
