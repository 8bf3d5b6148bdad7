import Foundation
import Testing

@testable import PiCrypto

@Suite struct HashTests {
  /// FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func sha256(text: String, digest: String) {
    let bytes = Array(text.utf8)
    #expect(Hex.encode(SHA256.digest(bytes)) == digest)
    var piecewise = SHA256()
    for byte in bytes { [byte].withUnsafeBytes { piecewise.update($0) } }
    #expect(Hex.encode(piecewise.finalize()) == digest)
    let secret = SecretBytes(bytes).withUnsafeBytes { SHA256.secretDigest($0) }
    #expect(Hex.encode(secret.revealed) == digest)
  }

  struct MACCase: Decodable {
    let tcId: Int
    let key: String, msg: String, tag: String, result: String
  }

  @Test func hmacWycheproof() throws {
    guard let data = try vectors("hmac_sha256_test.json") else { return }
    let file = try JSONDecoder().decode(Wycheproof<MACCase>.self, from: data)
    for group in file.testGroups {
      for test in group.tests {
        let code = HMACSHA256.code(for: try unhex(test.msg), key: try SecretBytes(hex: test.key))
        let tag = try unhex(test.tag)
        let matches = constantTimeEqual(code.prefix(tag.count), tag)
        #expect(matches == (test.result == "valid"), "case \(test.tcId)")
      }
    }
  }

  /// RFC 4231, cases 1, 2 and 6.
  @Test(arguments: [
    (
      String(repeating: "0b", count: 20), "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      String(repeating: "aa", count: 131),
      "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func hmacRFC4231(key: String, message: String, code: String) throws {
    #expect(
      Hex.encode(HMACSHA256.code(for: try unhex(message), key: try SecretBytes(hex: key))) == code)
  }

  struct HKDFCase: Decodable {
    let tcId: Int
    let ikm: String, salt: String, info: String, okm: String, result: String
    let size: Int
  }

  func hkdf(
    _ hash: HKDF.Hash, ikm: String, salt: String, info: String, count: Int
  ) throws -> (key: String, output: String) {
    let salt = try SecretBytes(hex: salt)
    let key = try SecretBytes(hex: ikm).withUnsafeBytes { ikm in
      salt.withUnsafeBytes { HKDF.extract(hash, salt: $0, inputKey: ikm) }
    }
    let info = try unhex(info)
    let output = key.withUnsafeBytes {
      HKDF.expand(hash, pseudorandomKey: $0, info: info, count: count)
    }
    return (Hex.encode(key.revealed), Hex.encode(output.revealed))
  }

  @Test func hkdfWycheproof() throws {
    guard let data = try vectors("hkdf_sha256_test.json") else { return }
    let file = try JSONDecoder().decode(Wycheproof<HKDFCase>.self, from: data)
    for test in file.testGroups.flatMap(\.tests) where test.result == "valid" {
      let made = try hkdf(
        .sha256, ikm: test.ikm, salt: test.salt, info: test.info, count: test.size)
      #expect(made.output == test.okm, "case \(test.tcId)")
    }
  }

  /// RFC 5869, A.1 to A.3.
  @Test(arguments: [
    (
      String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    ),
    (
      hexRange(0x00...0x4f), hexRange(0x60...0xaf), hexRange(0xb0...0xff),
      "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
    ),
    (
      String(repeating: "0b", count: 22), "", "",
      "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    ),
  ])
  func hkdfRFC5869(ikm: String, salt: String, info: String, key: String, output: String) throws {
    let made = try hkdf(.sha256, ikm: ikm, salt: salt, info: info, count: output.count / 2)
    #expect(made.key == key)
    #expect(made.output == output)
  }

  @Test func constantTimeComparison() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    #expect(constantTimeEqual([], []))
  }

  @Test func hexText() {
    #expect(Hex.decode("00fFa5") == [0, 255, 165])
    #expect(Hex.encode([0, 255, 165]) == "00ffa5")
    for bad in ["0", "0g", "zz", " 0", "+1"] { #expect(Hex.decode(bad) == nil) }
  }

  @Test func randomBytes() {
    #expect(SystemRandom.bytes(0).isEmpty)
    #expect(SystemRandom.bytes(1000).count == 1000)
    #expect(SystemRandom.bytes(32) != SystemRandom.bytes(32))
    // Longer than one call of getentropy gives.
    #expect(Set(SystemRandom.bytes(1000).suffix(700)).count > 100)
  }
}

func hexRange(_ range: ClosedRange<UInt8>) -> String { Hex.encode(range) }
