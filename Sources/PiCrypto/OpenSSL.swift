import COpenSSL

/// OpenSSL as a whole.
public enum OpenSSL {
  /// Lets OpenSSL ignore openssl.cnf, OPENSSL_CONF and what they load: a configuration of the machine (another
  /// provider, FIPS) must not decide which ciphers a program has. Before any other call of OpenSSL; repeating it
  /// changes nothing.
  public static func readNoConfiguration() {
    OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
  }
}

/// Stops the program when OpenSSL refuses what cannot fail with valid arguments: no memory, or a build of OpenSSL
/// without the algorithm. Going on would mean sending or trusting unencrypted bytes.
func require(_ result: Int32, _ call: StaticString) {
  guard result == 1 else { openSSLFailure(call) }
}

func require<Pointee>(
  _ pointer: UnsafeMutablePointer<Pointee>?, _ call: StaticString
) -> UnsafeMutablePointer<Pointee> {
  guard let pointer else { openSSLFailure(call) }
  return pointer
}

func require(_ pointer: OpaquePointer?, _ call: StaticString) -> OpaquePointer {
  guard let pointer else { openSSLFailure(call) }
  return pointer
}

private func openSSLFailure(_ call: StaticString) -> Never {
  var text = [CChar](repeating: 0, count: 256)
  ERR_error_string_n(ERR_get_error(), &text, text.count)
  let message = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  InternalFailure.stop("\(call): \(String(decoding: message, as: UTF8.self))")
}

extension UnsafeRawBufferPointer {
  /// The bytes as OpenSSL takes them.
  var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
  var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
