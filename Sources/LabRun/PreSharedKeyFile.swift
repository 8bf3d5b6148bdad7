import Foundation
import PiCrypto

/// The lab's pre-shared key: 32 random bytes in a file for its owner alone, made once for each lab.
enum PreSharedKeyFile {
  static let byteCount = 32

  /// Makes the key where there is none. A key that is there is left as it is, but must be sound.
  static func ensure(_ path: String) throws(RunError) {
    if FileStatus(path) == nil { try create(path) }
    try check(path)
  }

  /// The key appears under its name only when it is whole; `link` refuses to replace one that is there.
  private static func create(_ path: String) throws(RunError) {
    let partial = "\(path).partial-\(getpid())"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make \(partial)") }
    defer { unlink(partial) }
    defer { close(descriptor) }
    let key = SecretBytes(count: byteCount) { SystemRandom.fill($0) }
    let written = key.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == byteCount, fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
      throw failure("cannot write \(partial)")
    }
    guard link(partial, path) == 0 || errno == EEXIST else { throw failure("cannot make \(path)") }
  }

  private static func check(_ path: String) throws(RunError) {
    let hint = "remove it, and the next run makes a new one: rm '\(path)'"
    guard let status = FileStatus(path), status.isRegular else {
      throw failure("\(path) is not a regular file", hint: hint, cause: nil)
    }
    guard status.permissions & 0o077 == 0 else {
      let mode = String(status.permissions, radix: 8)
      throw failure(
        "the pre-shared key \(path) is open to others (mode \(mode))",
        hint: "others may have read it; " + hint, cause: nil)
    }
    guard status.bytes == UInt64(byteCount) else {
      throw failure(
        "the pre-shared key \(path) has \(status.bytes) bytes, not \(byteCount)", hint: hint,
        cause: nil)
    }
  }

  private static func failure(
    _ message: String, hint: String? = nil, cause: String? = systemMessage()
  ) -> RunError {
    RunError(
      "psk_unusable", message, hint: hint, step: "prepare", cause: cause, status: .environmentUnfit)
  }
}
