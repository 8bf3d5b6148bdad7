import Foundation
import HostKit
import LabCore
import PiCrypto

/// The lab's pre-shared key: 32 random bytes in a file for its owner alone, made once for each lab.
enum PreSharedKeyFile {
  static let byteCount = 32

  /// Makes the key where there is none. A key that is there is left as it is, but must be sound.
  static func ensure(_ path: String) throws(LabError) {
    if FileStatus(path) == nil { try create(path) }
    try check(path)
  }

  /// The key appears under its name only when it is whole; `link` refuses to replace one that is there.
  private static func create(_ path: String) throws(LabError) {
    let partial = "\(path).partial-\(getpid())"
    do throws(SystemFault) {
      let file = try NewFile(partial)
      defer { unlink(partial) }
      let key = SecretBytes(count: byteCount) { SystemRandom.fill($0) }
      try key.withUnsafeBytes { bytes throws(SystemFault) in try file.write(bytes) }
      try file.setPermissions(0o600)
      try file.sync()
      guard link(partial, path) == 0 || errno == EEXIST else {
        throw SystemFault(path: path, .make)
      }
    } catch { throw failure("cannot make \(path)", hint: error.hint, cause: error.description) }
  }

  private static func check(_ path: String) throws(LabError) {
    let hint = "remove it, and the next run makes a new one: rm '\(path)'"
    guard let status = FileStatus(path), status.isRegular else {
      throw failure("\(path) is not a regular file", hint: hint)
    }
    guard status.permissions & 0o077 == 0 else {
      let mode = String(status.permissions, radix: 8)
      throw failure(
        "the pre-shared key \(path) is open to others (mode \(mode))",
        hint: "others may have read it; " + hint)
    }
    guard status.bytes == UInt64(byteCount) else {
      throw failure(
        "the pre-shared key \(path) has \(status.bytes) bytes, not \(byteCount)", hint: hint)
    }
  }

  private static func failure(
    _ message: String, hint: String? = nil, cause: String? = nil
  ) -> LabError {
    LabError(
      .pskUnusable, message, step: "prepare", hint: hint, cause: cause)
  }
}
