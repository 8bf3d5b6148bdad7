import COpenSSL
import Foundation
import Testing

@testable import PiCrypto

/// The same exchange by three implementations: GMP here, OpenSSL's EVP_PKEY, Python's pow.
@Suite struct DifferentialTests {
  /// 10,000 pairs in all. The groups of 768 and 1024 bits are the first and second Oakley groups of RFC 2409.
  static let plan: [(group: DHGroup, pairs: Int)] = {
    do {
      return [
        (try DHGroup.custom(prime: "0x" + oakley768, generator: "2"), 5000),
        (try DHGroup.custom(prime: "0x" + oakley1024, generator: "2"), 3500),
        (.ffdhe2048, 1100), (.ffdhe3072, 300), (.ffdhe4096, 100),
      ]
    } catch { fatalError("\(error)") }
  }()

  static let oakley768 =
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    + "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    + "4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff"
  static let oakley1024 =
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    + "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    + "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    + "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff"

  @Test(arguments: plan) func agreesWithOpenSSLAndPython(group: DHGroup, pairs: Int) async throws {
    // Away from the cooperative pool: a minute of computing there would hold up every other test.
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try compare(group, pairs) })
      }
    }
  }

  private func compare(_ group: DHGroup, _ pairs: Int) throws {
    var questions = ""
    var answers: [String] = []
    for _ in 0..<pairs {
      let a = exponent(group)
      let b = exponent(group)
      let alice = try KeyPair(fixed: "0x" + a, in: group)
      let bob = try KeyPair(fixed: "0x" + b, in: group)
      let secret = try alice.sharedSecret(with: bob.publicValue).bytes.revealed
      let other = try bob.sharedSecret(with: alice.publicValue).bytes.revealed
      try #require(secret == other && secret.count == group.byteCount)
      let evp = try openSSLSecret(group, a, alice.publicValue, bob.publicValue)
      try #require(evp == secret)
      questions +=
        [Hex.encode(group.prime), Hex.encode(group.generator), a, b]
        .joined(separator: " ") + "\n"
      answers.append(
        [alice.publicValue.bytes, bob.publicValue.bytes, secret].map { trimmed($0) }
          .joined(separator: " "))
    }
    let python = try python(
      """
      import sys
      for line in sys.stdin:
          p, g, a, b = (int(word, 16) for word in line.split())
          x, y = pow(g, a, p), pow(g, b, p)
          print('%x %x %x' % (x, y, pow(y, a, p)))
      """, input: questions)
    #expect(python.components(separatedBy: "\n") == answers)
  }

  private func exponent(_ group: DHGroup) -> String {
    var bytes = SystemRandom.bytes((group.exponentBits ?? group.bits - 8) / 8)
    bytes[0] |= 1
    return Hex.encode(bytes)
  }

  private func trimmed(_ bytes: [UInt8]) -> String {
    let text = Hex.encode(bytes).drop { $0 == "0" }
    return text.isEmpty ? "0" : String(text)
  }

  private func openSSLSecret(
    _ group: DHGroup, _ a: String, _ own: PublicValue, _ peer: PublicValue
  ) throws -> [UInt8] {
    let key = try openSSLKey(group, publicValue: own, exponent: try unhex(a))
    defer { EVP_PKEY_free(key) }
    let peerKey = try openSSLKey(group, publicValue: peer, exponent: nil)
    defer { EVP_PKEY_free(peerKey) }
    let context = try #require(EVP_PKEY_CTX_new(key, nil))
    defer { EVP_PKEY_CTX_free(context) }
    try #require(EVP_PKEY_derive_init(context) == 1)
    try #require(EVP_PKEY_CTX_set_dh_pad(context, 1) == 1)
    // Without OpenSSL's own check of the peer, which dominates the time and is tested elsewhere.
    try #require(EVP_PKEY_derive_set_peer_ex(context, peerKey, 0) == 1)
    var secret = [UInt8](repeating: 0, count: group.byteCount)
    var length = secret.count
    try #require(EVP_PKEY_derive(context, &secret, &length) == 1)
    return Array(secret.prefix(length))
  }

  /// EVP_PKEY_KEYPAIR, a macro that Swift does not import: parameters, public and private key.
  private static let keyPairSelection =
    0x84 | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
    | OSSL_KEYMGMT_SELECT_PRIVATE_KEY

  private func openSSLKey(
    _ group: DHGroup, publicValue: PublicValue, exponent: [UInt8]?
  ) throws -> OpaquePointer {
    let builder = try #require(OSSL_PARAM_BLD_new())
    defer { OSSL_PARAM_BLD_free(builder) }
    var numbers: [OpaquePointer] = []
    defer { for number in numbers { BN_free(number) } }
    var names: [UnsafeMutablePointer<CChar>] = []
    defer { for name in names { free(name) } }
    func push(_ name: String, _ bytes: [UInt8]) throws {
      let number = try #require(BN_bin2bn(bytes, Int32(bytes.count), nil))
      numbers.append(number)
      let name = try #require(strdup(name))
      names.append(name)
      try #require(OSSL_PARAM_BLD_push_BN(builder, name, number) == 1)
    }
    try push(OSSL_PKEY_PARAM_FFC_P, group.prime)
    try push(OSSL_PKEY_PARAM_FFC_G, group.generator)
    try push(OSSL_PKEY_PARAM_PUB_KEY, publicValue.bytes)
    if let exponent { try push(OSSL_PKEY_PARAM_PRIV_KEY, exponent) }
    let parameters = try #require(OSSL_PARAM_BLD_to_param(builder))
    defer { OSSL_PARAM_free(parameters) }
    let context = try #require(EVP_PKEY_CTX_new_from_name(nil, "DH", nil))
    defer { EVP_PKEY_CTX_free(context) }
    try #require(EVP_PKEY_fromdata_init(context) == 1)
    var key: OpaquePointer?
    try #require(EVP_PKEY_fromdata(context, &key, Self.keyPairSelection, parameters) == 1)
    return try #require(key)
  }
}
