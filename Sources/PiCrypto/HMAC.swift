import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
public enum HMACSHA256 {
  /// The 32-byte code of `message` under a key of any length.
  public static func code(
    for message: [UInt8], key: borrowing SecretBytes
  ) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: SHA256.byteCount)
    key.withUnsafeBytes { key in
      // A NULL key means "keep the last one" to OpenSSL, so an empty key still needs an address.
      let made = EVP_Q_mac(
        nil, OSSL_MAC_NAME_HMAC, nil, OSSL_DIGEST_NAME_SHA2_256, nil, key.baseAddress, key.count,
        message, message.count, &code, code.count, nil)
      _ = require(made, "EVP_Q_mac")
    }
    return code
  }
}
