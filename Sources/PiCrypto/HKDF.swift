import COpenSSL

/// HKDF (RFC 5869) by OpenSSL's EVP.
public enum HKDF {
  /// The hash that HKDF is built on.
  public enum Hash: Sendable {
    case sha256, sha512

    public var byteCount: Int { self == .sha256 ? 32 : 64 }
    fileprivate var digest: OpaquePointer? { self == .sha256 ? EVP_sha256() : EVP_sha512() }
  }

  /// The pseudorandom key, as long as the hash.
  public static func extract(
    _ hash: Hash, salt: UnsafeRawBufferPointer, inputKey: UnsafeRawBufferPointer
  ) -> SecretBytes {
    derive(hash, mode: EVP_PKEY_HKDEF_MODE_EXTRACT_ONLY, key: inputKey, count: hash.byteCount) {
      require(
        EVP_PKEY_CTX_set1_hkdf_salt($0, salt.octets, Int32(salt.count)),
        "EVP_PKEY_CTX_set1_hkdf_salt")
    }
  }

  /// `count` bytes of output keying material, at most 255 times the hash's length.
  public static func expand(
    _ hash: Hash, pseudorandomKey: UnsafeRawBufferPointer, info: [UInt8], count: Int
  ) -> SecretBytes {
    precondition(count <= 255 * hash.byteCount)
    return derive(hash, mode: EVP_PKEY_HKDEF_MODE_EXPAND_ONLY, key: pseudorandomKey, count: count) {
      require(
        EVP_PKEY_CTX_add1_hkdf_info($0, info, Int32(info.count)), "EVP_PKEY_CTX_add1_hkdf_info")
    }
  }

  private static func derive(
    _ hash: Hash, mode: Int32, key: UnsafeRawBufferPointer, count: Int,
    configure: (OpaquePointer) -> Void
  ) -> SecretBytes {
    let context = require(
      EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil), "EVP_PKEY_CTX_new_id")
    defer { EVP_PKEY_CTX_free(context) }  // wipes its copy of the key
    require(EVP_PKEY_derive_init(context), "EVP_PKEY_derive_init")
    require(EVP_PKEY_CTX_set_hkdf_mode(context, mode), "EVP_PKEY_CTX_set_hkdf_mode")
    require(EVP_PKEY_CTX_set_hkdf_md(context, hash.digest), "EVP_PKEY_CTX_set_hkdf_md")
    require(
      EVP_PKEY_CTX_set1_hkdf_key(context, key.octets, Int32(key.count)),
      "EVP_PKEY_CTX_set1_hkdf_key")
    configure(context)
    return SecretBytes(count: count) { output in
      var length = count
      require(EVP_PKEY_derive(context, output.octets, &length), "EVP_PKEY_derive")
    }
  }
}
