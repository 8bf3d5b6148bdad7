import Foundation
import Testing

@testable import PiCrypto

@Suite struct BlockCipherTests {
  static let key = "2b7e151628aed2a6abf7158809cf4f3c"
  static let plaintext =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

  /// SP 800-38A, F.1.1 and F.1.2.
  static let ecb =
    "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
    + "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"
  /// SP 800-38A, F.5.1 and F.5.2.
  static let counterBlock = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
  static let ctr =
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
    + "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"

  func transform(
    _ text: String, _ mode: AES128.Mode, _ direction: AES128.Direction, pieces: Int = 1
  ) throws -> String {
    let input = try unhex(text)
    var output = [UInt8](repeating: 0, count: input.count)
    var cipher = AES128(key: try SecretBytes(hex: Self.key), mode: mode, direction: direction)
    let size = input.count / pieces
    input.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output in
        for start in stride(from: 0, to: input.count, by: size) {
          cipher.update(
            UnsafeRawBufferPointer(rebasing: input[start..<(start + size)]),
            into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
        }
      }
    }
    return Hex.encode(output)
  }

  @Test(arguments: [1, 2, 4]) func ecbVectors(pieces: Int) throws {
    #expect(try transform(Self.plaintext, .ecb, .encrypt, pieces: pieces) == Self.ecb)
    #expect(try transform(Self.ecb, .ecb, .decrypt, pieces: pieces) == Self.plaintext)
  }

  @Test(arguments: [1, 2, 4]) func ctrVectors(pieces: Int) throws {
    let mode = AES128.Mode.ctr(counterBlock: try unhex(Self.counterBlock))
    #expect(try transform(Self.plaintext, mode, .encrypt, pieces: pieces) == Self.ctr)
    #expect(try transform(Self.ctr, mode, .decrypt, pieces: pieces) == Self.plaintext)
  }
}

@Suite struct GCMTests {
  struct Case: Decodable {
    let tcId: Int
    let key: String, iv: String, aad: String, msg: String, ct: String, tag: String
    let result: String
  }

  func check(_ test: Case) throws {
    let key = try unhex(test.key)
    let message = try unhex(test.msg)
    let sealed = try unhex(test.ct + test.tag)
    let iv = try unhex(test.iv)
    try #require(iv.count == AES128GCM.nonceSize)
    let nonce = AES128GCM.Nonce { iv[$0] }
    let data = try unhex(test.aad)
    var opener = AES128GCM(key: SecretBytes(key), direction: .decrypt)
    var opened = [UInt8](repeating: 0, count: sealed.count)
    let isAuthentic = sealed.withUnsafeBytes { sealed in
      opened.withUnsafeMutableBytes {
        opener.open(sealed, nonce: nonce, associatedData: data, into: $0)
      }
    }
    #expect(isAuthentic == (test.result == "valid"), "case \(test.tcId)")
    guard test.result == "valid" else {
      #expect(opened.allSatisfy { $0 == 0 }, "case \(test.tcId) left plaintext behind")
      return
    }
    #expect(Array(opened.prefix(message.count)) == message, "case \(test.tcId)")
    var sealer = AES128GCM(key: SecretBytes(key), direction: .encrypt)
    var output = [UInt8](repeating: 0, count: sealed.count)
    message.withUnsafeBytes { message in
      output.withUnsafeMutableBytes {
        sealer.seal(message, nonce: nonce, associatedData: data, into: $0)
      }
    }
    #expect(output == sealed, "case \(test.tcId)")
  }

  /// The 128-bit keys with 96-bit nonces: the only ones that AES128GCM takes.
  @Test func wycheproof() throws {
    guard let data = try vectors("aes_gcm_test.json") else { return }
    let file = try JSONDecoder().decode(Wycheproof<Case>.self, from: data)
    let tests = file.testGroups.filter { $0.keySize == 128 && $0.ivSize == 96 }.flatMap(\.tests)
    #expect(tests.count > 50)
    for test in tests { try check(test) }
  }

  /// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 3 and 4.
  @Test func publishedCases() throws {
    let key = "feffe9928665731c6d6a8f9467308308"
    let iv = "cafebabefacedbaddecaf888"
    let message =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    let ciphertext =
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
      + "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
    try check(
      Case(
        tcId: 3, key: key, iv: iv, aad: "", msg: message, ct: ciphertext,
        tag: "4d5c2af327cd64a62cf35abd2ba6fab4", result: "valid"))
    try check(
      Case(
        tcId: 4, key: key, iv: iv, aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        msg: String(message.dropLast(8)), ct: String(ciphertext.dropLast(8)),
        tag: "5bc94fbc3221a5db94fae95ae7121a47", result: "valid"))
    try check(
      Case(
        tcId: -3, key: key, iv: iv, aad: "", msg: message, ct: ciphertext,
        tag: "4d5c2af327cd64a62cf35abd2ba6fab5", result: "invalid"))
  }
}

@Suite struct CobblestoneTests {
  struct Case: Decodable {
    let tcId: Int
    let key: String, ctx: String, ct: String
    /// Of valid cases only.
    let msgLength: Int?
    let comment: String, result: String
  }

  /// A reader of whole messages: nil where anything is wrong.
  func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8]? {
    guard key.count == 16, sealed.count >= Cobblestone128.headerSize,
      var opener = Cobblestone128Opener.open(
        header: Array(sealed.prefix(56)), inputKey: SecretBytes(key), context: context)
    else { return nil }
    var rest = sealed.dropFirst(56)
    var message: [UInt8] = []
    while true {
      let chunk = Array(rest.prefix(Cobblestone128.sealedChunkSize))
      var plaintext = [UInt8](repeating: 0, count: max(0, chunk.count - 16))
      let isAuthentic = chunk.withUnsafeBytes { chunk in
        plaintext.withUnsafeMutableBytes { opener.open(chunk: chunk, into: $0) }
      }
      guard isAuthentic else { return nil }
      message += plaintext
      rest = rest.dropFirst(chunk.count)
      if chunk.count < Cobblestone128.sealedChunkSize { return rest.isEmpty ? message : nil }
    }
  }

  func seal(_ message: [UInt8], key: [UInt8], context: [UInt8], salt: [UInt8]) -> [UInt8] {
    var sealer = Cobblestone128Sealer(inputKey: SecretBytes(key), context: context, salt: salt)
    var sealed = sealer.header
    var rest = message[...]
    while true {
      let chunk = Array(rest.prefix(Cobblestone128.chunkSize))
      var output = [UInt8](repeating: 0, count: chunk.count + 16)
      chunk.withUnsafeBytes { chunk in
        output.withUnsafeMutableBytes { sealer.seal(chunk: chunk, into: $0) }
      }
      sealed += output
      rest = rest.dropFirst(chunk.count)
      if chunk.count < Cobblestone128.chunkSize { return sealed }
    }
  }

  @Test func wycheproof() throws {
    let name = "c2sp_chunked_encryption_aes_128_gcm_test.json"
    guard let data = try vectors(name) else { return }
    let file = try JSONDecoder().decode(Wycheproof<Case>.self, from: data)
    let tests = file.testGroups.flatMap(\.tests)
    #expect(tests.count == 35)
    let inflated = try python(
      "import sys, zlib\nfor line in sys.stdin: print(zlib.decompress(bytes.fromhex(line)).hex())",
      input: tests.map { $0.ct + "\n" }.joined()
    ).components(separatedBy: "\n")
    for (test, hex) in zip(tests, inflated) {
      let sealed = try unhex(hex)
      let key = try unhex(test.key)
      let context = try unhex(test.ctx)
      let message = open(sealed, key: key, context: context)
      #expect((message != nil) == (test.result == "valid"), "\(test.tcId): \(test.comment)")
      guard let message, test.result == "valid" else { continue }
      #expect(message.count == test.msgLength)
      let salt = Array(sealed.prefix(Cobblestone128.saltSize))
      #expect(seal(message, key: key, context: context, salt: salt) == sealed, "\(test.tcId)")
    }
  }

  /// Case 2 of the file above, for checkouts without it.
  @Test func chunkCountsAndFaults() throws {
    let key = Array("YELLOW SUBMARINE".utf8)
    let context = Array("context".utf8)
    let salt = [UInt8](0..<24)
    for count in [0, 1, 16383, 16384, 16385, 32768, 40000] {
      let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let sealed = seal(message, key: key, context: context, salt: salt)
      #expect(UInt64(sealed.count) == Cobblestone128.sealedSize(of: UInt64(count)))
      #expect(open(sealed, key: key, context: context) == message)
      #expect(open(sealed, key: key, context: []) == nil)
      #expect(open(Array(sealed.dropLast()), key: key, context: context) == nil)
      #expect(open(sealed + [0], key: key, context: context) == nil)
    }
    let two = seal([UInt8](repeating: 7, count: 32768), key: key, context: context, salt: salt)
    let chunk = Cobblestone128.sealedChunkSize
    let swapped =
      two[..<56] + two[(56 + chunk)..<(56 + 2 * chunk)] + two[56..<(56 + chunk)]
      + two[(56 + 2 * chunk)...]
    #expect(open(Array(swapped), key: key, context: context) == nil)
    #expect(open(Array(two.dropLast(16)), key: key, context: context) == nil)
  }
}
