import Glibc
import PiCrypto
import PiExchange

/// The 32-byte key that authenticates both boards, from a file that only its owner can read.
enum PreSharedKey {
  static let byteCount = 32

  /// One that nobody else has.
  static func random() -> SecretBytes { SecretBytes(count: byteCount, fill: SystemRandom.fill) }

  static func load(_ path: String) throws(ExchangeError) -> SecretBytes {
    let descriptor = open(path, ImageFile.openFlags)
    guard descriptor >= 0 else { throw failure(path, systemMessage()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, systemMessage()) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw failure(path, "it is not a regular file")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw failure(path, "others can read it", hint: "chmod 600 \(path)")
    }
    guard status.st_size == byteCount else {
      throw failure(path, "it must have exactly \(byteCount) bytes")
    }
    let key = try SecretBytes(count: byteCount) { buffer throws(ExchangeError) in
      guard read(descriptor, buffer.baseAddress, byteCount) == byteCount else {
        throw failure(path, systemMessage())
      }
    }
    // Zeros are what the key schedule takes for no key at all.
    guard key.withUnsafeBytes({ $0.reduce(0) { $0 | $1 } }) != 0 else {
      throw failure(
        path, "all its bytes are zero", hint: "make one of random bytes: \(recipe(path))")
    }
    return key
  }

  private static func recipe(_ path: String) -> String {
    "head -c \(byteCount) /dev/urandom > \(path)"
  }

  private static func failure(
    _ path: String, _ message: String, hint: String? = nil
  ) -> ExchangeError {
    ExchangeError(
      .usage, at: .arguments, "cannot use the pre-shared key \(path): \(message)", hint: hint)
  }
}
