import Foundation
import Glibc
import LabManifest

/// Labs of this user that have processes on this machine.
enum ProcessTraces {
  /// - Parameter ofNamespaces: labs whose processes see process numbers of their own; else all others.
  static func look(ofNamespaces: Bool) -> [LabTrace] {
    let own = namespace("self")
    var traces: [String: LabTrace] = [:]
    var namespaced: Set<String> = []
    for process in LabProcesses.ofThisUser() where process.pid != getpid() {
      if let other = namespace("\(process.pid)"), other != own { namespaced.insert(process.lab) }
      let trace = trace(process)
      traces[process.lab] = traces[process.lab]?.merged(with: trace) ?? trace
    }
    return traces.values
      .filter { namespaced.contains($0.id) == ofNamespaces }
      .map { trace in
        var trace = trace
        trace.mode = ofNamespaces ? .namespace : .loopback
        return trace
      }
      .sorted { $0.id < $1.id }
  }

  private static func trace(_ process: LabProcesses.Marked) -> LabTrace {
    let folder = process.folder
    return LabTrace(
      id: process.lab, mode: .loopback, lab: folder.map { ($0 as NSString).lastPathComponent },
      folder: folder, places: folder.map { [$0, "/proc/\(process.pid)/root\($0)"] } ?? [],
      parts: ["process \(process.pid) (\(process.name))"])
  }

  private static func namespace(_ process: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")
  }
}

extension LabProcesses {
  /// The lab's folder, for whoever finds the process and not the folder.
  static let folderKey = "PILAB_FOLDER"

  /// What processes of a lab carry that are no board's.
  static func environment(of record: LabRecord) -> [String: String] {
    [labKey: record.id, folderKey: record.folder]
  }

  /// A process with a lab's mark.
  struct Marked {
    var pid: pid_t
    var lab: String
    /// Nil where its marks do not tell.
    var folder: String?
    /// The kernel's, at most 15 bytes.
    var name: String
  }

  /// Those of all labs. Root, who may look into everybody's, is shown its own.
  static func ofThisUser() -> [Marked] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.sorted().compactMap { pid in
      guard isOwn(pid), let marks = marks(of: pid), let lab = marks[labKey], isID(lab) else {
        return nil
      }
      let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
      return Marked(
        pid: pid, lab: lab, folder: folder(marks),
        name: name.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  /// A board's programs have its folder for their home.
  private static func folder(_ marks: [String: String]) -> String? {
    if let folder = marks[folderKey] { return folder }
    guard let home = marks["HOME"], let board = marks[boardKey] else { return nil }
    let tail = "/boards/\(board)"
    return home.hasPrefix("/") && home.hasSuffix(tail) ? String(home.dropLast(tail.count)) : nil
  }

  private static func isOwn(_ pid: pid_t) -> Bool {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 && status.st_uid == geteuid()
  }

  private static func isID(_ text: String) -> Bool {
    text.wholeMatch(of: /[0-9a-f]{16}/) != nil
  }
}
