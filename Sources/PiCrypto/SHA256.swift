import COpenSSL

/// SHA-256 (FIPS 180-4) over bytes that come piece by piece.
public struct SHA256: ~Copyable, @unchecked Sendable {
  // Sendable: the context is owned by this value alone.
  private let context: OpaquePointer

  public static let byteCount = 32

  public init() {
    context = require(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
    require(EVP_DigestInit_ex2(context, EVP_sha256(), nil), "EVP_DigestInit_ex2")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes the next bytes in.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  /// The 32-byte digest.
  public consuming func finalize() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    require(EVP_DigestFinal_ex(context, &digest, nil), "EVP_DigestFinal_ex")
    return digest
  }

  /// The digest of bytes that are all there.
  public static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }

  /// The digest of a secret, itself secret.
  public static func secretDigest(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
    SecretBytes(count: byteCount) { output in
      let made = EVP_Q_digest(
        nil, OSSL_DIGEST_NAME_SHA2_256, nil, bytes.baseAddress, bytes.count, output.octets, nil)
      require(made, "EVP_Q_digest")
    }
  }

  /// The digest of bytes that are all there.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { digest($0) } }
}
