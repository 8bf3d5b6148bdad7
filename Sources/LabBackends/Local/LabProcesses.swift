import Foundation
import Glibc

/// Processes of a lab, found by the marks that their environment carries.
///
/// A process identifier alone proves nothing: the kernel gives it to another when its process is gone. The
/// lab's id in the environment cannot be another's.
enum LabProcesses {
  static let labKey = "PILAB_LAB"
  static let boardKey = "PILAB_BOARD"

  struct Found: Equatable {
    var pid: pid_t
    /// Nil for a process of the lab that belongs to no board.
    var board: String?
  }

  /// All live processes of the lab that this user may look into.
  static func all(of lab: String) -> [Found] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { entry in
      guard let pid = pid_t(entry), let marks = marks(of: pid), marks[labKey] == lab else {
        return nil
      }
      return Found(pid: pid, board: marks[boardKey])
    }
  }

  static func belongs(_ pid: pid_t, to lab: String) -> Bool { marks(of: pid)?[labKey] == lab }

  /// Kills every process of the lab until a look finds none: they may be starting others meanwhile.
  static func killAll(of lab: String) async throws(BackendError) {
    for attempt in 0..<200 {
      let found = all(of: lab).filter { $0.pid != getpid() }
      if found.isEmpty { return }
      for process in found { kill(process.pid, SIGKILL) }
      await pause(milliseconds: min(50, 1 << min(attempt, 6)))
    }
    let pids = all(of: lab).map { String($0.pid) }.joined(separator: " ")
    throw BackendError(
      .boardNotRemoved, "processes of the lab do not end: \(pids)", step: "destroy",
      hint: "they hang in the kernel, or belong to another user; look at them with: ps \(pids)")
  }

  /// Clean-up goes on when its task is cancelled, so it must not wait by a call that cancellation ends.
  static func pause(milliseconds: Int) async {
    await Task { try? await Task.sleep(for: .milliseconds(milliseconds)) }.value
  }

  /// Nil for a process that is gone, a zombie, or somebody else's: their environment reads as nothing.
  static func marks(of pid: pid_t) -> [String: String]? {
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/environ"), !bytes.isEmpty
    else { return nil }
    var marks: [String: String] = [:]
    for entry in bytes.split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: entry[..<equals], as: UTF8.self)
      guard [labKey, boardKey, folderKey, "HOME"].contains(key) else { continue }
      marks[key] = String(decoding: entry[entry.index(after: equals)...], as: UTF8.self)
    }
    return marks
  }
}
