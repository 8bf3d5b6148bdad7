import Foundation
import Glibc
import HostKit

/// Processes of a lab, found by the marks that their environment carries.
///
/// A process identifier alone proves nothing: the kernel gives it to another when its process is gone. The
/// lab's id in the environment cannot be another's.
package enum LabProcesses {
  package static let labKey = "PILAB_LAB"
  package static let boardKey = "PILAB_BOARD"
  /// A board's number, with the process that does nothing but keep the board's namespaces.
  package static let keepsKey = "PILAB_KEEPS"

  /// A process of a lab.
  package struct Found: Equatable {
    package var pid: pid_t
    /// Nil for a process of the lab that belongs to no board.
    package var board: String?
  }

  /// All live processes of the lab that this user may look into.
  ///
  /// The board programs close their environment to all but root (PR_SET_DUMPABLE). They are known by where they were
  /// started: `boards` is the folder that holds the boards' own, which only this lab uses.
  package static func all(of lab: String, boards: String? = nil) -> [Found] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { entry in
      guard let pid = pid_t(entry) else { return nil }
      if let marks = marks(of: pid) {
        return marks[labKey] == lab ? Found(pid: pid, board: marks[boardKey]) : nil
      }
      return boards.flatMap { board(ofProgram: pid, below: $0) }.map { Found(pid: pid, board: $0) }
    }
  }

  /// The board whose folder a process's program lies in; its command line can be read by everybody.
  private static func board(ofProgram pid: pid_t, below boards: String) -> String? {
    guard let program = program(of: pid), program.hasPrefix(boards + "/") else { return nil }
    return program.dropFirst(boards.count + 1).split(separator: "/").first.map { String($0) }
  }

  /// As it was started.
  package static func program(of pid: pid_t) -> String? {
    FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")?.split(separator: 0).first
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a process is the lab's: by its environment, or where that cannot be read by its program's place.
  package static func belongs(_ pid: pid_t, to lab: String, boards: String? = nil) -> Bool {
    if let marks = marks(of: pid) { return marks[labKey] == lab }
    return boards.flatMap { board(ofProgram: pid, below: $0) } != nil
  }

  /// Kills every process of the lab until a look finds none: they may be starting others meanwhile.
  package static func killAll(of lab: String, boards: String? = nil) async throws(LabError) {
    for attempt in 0..<200 {
      let found = all(of: lab, boards: boards).filter { $0.pid != getpid() }
      if found.isEmpty { return }
      for process in found { kill(process.pid, SIGKILL) }
      await pauseUncancelled(for: .milliseconds(min(50, 1 << min(attempt, 6))))
    }
    let pids = all(of: lab, boards: boards).map { String($0.pid) }.joined(separator: " ")
    throw LabError(
      .boardNotRemoved, "processes of the lab do not end: \(pids)", step: "destroy",
      hint: "they hang in the kernel, or belong to another user; look at them with: ps \(pids)")
  }

  /// Nil for a process that is gone, a zombie, or somebody else's: their environment reads as nothing.
  package static func marks(of pid: pid_t) -> [String: String]? { marks(at: "/proc/\(pid)") }

  /// - Parameter process: its folder in some /proc.
  package static func marks(at process: String) -> [String: String]? {
    guard let bytes = FileManager.default.contents(atPath: "\(process)/environ"), !bytes.isEmpty
    else { return nil }
    var marks: [String: String] = [:]
    for entry in bytes.split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: entry[..<equals], as: UTF8.self)
      guard [labKey, boardKey, keepsKey, folderKey, "HOME"].contains(key) else { continue }
      marks[key] = String(decoding: entry[entry.index(after: equals)...], as: UTF8.self)
    }
    return marks
  }
}
