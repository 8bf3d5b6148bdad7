import Foundation

/// Keeps a second pilab away from a lab. The kernel lets go of it when the holder dies, however it dies.
struct LabLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock and writes this process's number into it.
  /// - Throws: `lab_in_use` with the number of the process that holds it.
  init(_ path: String, lab: String) throws(RunError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      let holder = Self.read(descriptor)
      close(descriptor)
      guard number == EWOULDBLOCK else { throw Self.failure(path, number) }
      throw RunError(
        "lab_in_use",
        "lab '\(lab)' is in use by another pilab" + (holder.map { ", process \($0)" } ?? ""),
        hint: "wait until it is done, or end it" + (holder.map { ": kill \($0)" } ?? ""),
        step: "prepare", status: .labInUse)
    }
    let text = "\(getpid())\n"
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.utf8.count, 0) > 0 else {
      let number = errno
      close(descriptor)
      throw Self.failure(path, number)
    }
  }

  deinit { close(descriptor) }

  private static func read(_ descriptor: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }

  private static func failure(_ path: String, _ number: Int32 = errno) -> RunError {
    RunError(
      "lock_failed", "cannot lock \(path)", hint: "is it another user's?", step: "prepare",
      cause: systemMessage(number), status: .environmentUnfit)
  }
}
