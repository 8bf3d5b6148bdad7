import Foundation
import HostKit

/// Keeps a second pilab away from a lab. The kernel lets go of it when the holder dies, however it dies.
struct LabLock: ~Copyable {
  private let descriptor: Int32

  /// Another pilab may look whether the lock is held, which holds it for an instant.
  private static let attempts = 5
  private static let pause: UInt32 = 10_000

  /// Takes the lock and writes this process's number into it.
  /// - Throws: `lab_in_use` with the number of the process that holds it.
  init(_ path: String, lab: String) throws(RunError) {
    for attempt in 1...Self.attempts {
      let descriptor = Self.open(path)
      guard descriptor >= 0 else { throw Self.failure(path) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        let number = errno
        let holder = Self.read(descriptor)
        close(descriptor)
        guard number == EWOULDBLOCK else { throw Self.failure(path, number) }
        guard attempt < Self.attempts else { throw Self.inUse(lab, by: holder) }
      } else if Self.isFile(descriptor, at: path) {
        Self.sign(descriptor)
        self.descriptor = descriptor
        return
      } else {
        // `pilab down` removed the file between open and flock.
        close(descriptor)
      }
      usleep(Self.pause)
    }
    throw Self.failure(path, EAGAIN)
  }

  deinit { close(descriptor) }

  /// The process that holds the lock now; nil where nobody does. Changes nothing.
  static func holder(_ path: String) -> Int32? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    return read(descriptor) ?? 0
  }

  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// Also where nothing can be written any more: a lab is taken down there, too.
  private static func open(_ path: String) -> Int32 {
    let flags = O_CLOEXEC | O_NOFOLLOW
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | flags, 0o600)
    guard descriptor < 0, errno == EROFS else { return descriptor }
    return Glibc.open(path, O_RDONLY | flags)
  }

  /// A courtesy to whoever waits. On a disk that is full nobody is named, and the lock holds all the same.
  private static func sign(_ descriptor: Int32) {
    let text = "\(getpid())\n"
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = pwrite(descriptor, text, text.utf8.count, 0)
  }

  private static func read(_ descriptor: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }

  private static func inUse(_ lab: String, by holder: Int32?) -> RunError {
    RunError(
      "lab_in_use",
      "lab '\(lab)' is in use by another pilab" + (holder.map { ", process \($0)" } ?? ""),
      hint: "wait until it is done, or end it" + (holder.map { ": kill \($0)" } ?? ""),
      step: "prepare", status: .labInUse)
  }

  private static func failure(_ path: String, _ number: Int32 = errno) -> RunError {
    RunError(
      "lock_failed", "cannot lock \(path)", SystemFault(number, path: path, .write),
      step: "prepare", status: .environmentUnfit)
  }
}
