import Foundation
import HostKit
import LabCore

/// Keeps a second pilab away from a lab. The kernel lets go of it when the holder dies, however it dies.
struct LabLock: ~Copyable {
  private let lock: FileLock

  /// Another pilab may look whether the lock is held, which holds it for an instant.
  private static let glance = Duration.milliseconds(50)
  private static let longestSignature = 64

  /// Takes the lock and writes this process's number into it.
  /// - Throws: `lab_in_use` with the number of the process that holds it.
  init(_ path: String, lab: String) throws(LabError) {
    do throws(SystemError) {
      lock = try FileLock.wait(for: .file(path), timeout: Self.glance)
    } catch {
      guard error.number == EWOULDBLOCK else { throw Self.failure(path, error) }
      throw Self.inUse(lab, by: Self.signature(path))
    }
    lock.sign("\(getpid())\n")
  }

  /// The process that holds the lock now; nil where nobody does. Changes nothing.
  static func holder(_ path: String) -> Int32? {
    FileLock.isHeld(path) ? signature(path) ?? 0 : nil
  }

  /// Nil where the holder could not sign, or has not yet.
  private static func signature(_ path: String) -> Int32? {
    let bytes = try? RegularFile(path, followsLinks: false).contents(limit: longestSignature)
    return bytes.flatMap { Int32(String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self)) }
  }

  private static func inUse(_ lab: String, by holder: Int32?) -> LabError {
    LabError(
      .labInUse,
      "lab '\(lab)' is in use by another pilab" + (holder.map { ", process \($0)" } ?? ""),
      step: "prepare",
      hint: "wait until it is done, or end it" + (holder.map { ": kill \($0)" } ?? ""))
  }

  private static func failure(_ path: String, _ error: SystemError) -> LabError {
    LabError(
      .lockFailed, "cannot lock \(path)", SystemFault(error, path: path, .write),
      step: "prepare")
  }
}
