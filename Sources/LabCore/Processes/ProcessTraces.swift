import Foundation
import Glibc
import LabValues

/// Labs of this user that have processes on this machine.
package enum ProcessTraces {
  /// - Parameters:
  ///   - mode: of what is found.
  ///   - ofNamespaces: labs whose processes see process numbers of their own; else all others.
  package static func look(_ mode: LabMode, ofNamespaces: Bool) -> [LabTrace] {
    let own = namespace("self")
    var traces: [String: LabTrace] = [:]
    var namespaced: Set<String> = []
    for process in LabProcesses.ofThisUser() where process.pid != getpid() {
      if let other = namespace("\(process.pid)"), other != own { namespaced.insert(process.lab) }
      let trace = trace(process, mode)
      traces[process.lab] = traces[process.lab]?.merged(with: trace) ?? trace
    }
    // Boards with namespaces of their own have other mounts, and whoever ends their first process ends them.
    if !ofNamespaces {
      for program in LabProcesses.closedPrograms() {
        let id = traces.values.first { $0.folder == program.folder }?.id
        let trace = trace(program, id: id, mode)
        traces[trace.id] = traces[trace.id]?.merged(with: trace) ?? trace
      }
    }
    return traces.values
      .filter { namespaced.contains($0.id) == ofNamespaces }
      .sorted { $0.id < $1.id }
  }

  private static func trace(_ process: LabProcesses.Marked, _ mode: LabMode) -> LabTrace {
    let folder = process.folder
    return LabTrace(
      id: process.lab, mode: mode, lab: folder.map { ($0 as NSString).lastPathComponent },
      folder: folder, places: folder.map { [$0, "/proc/\(process.pid)/root\($0)"] } ?? [],
      isOfProcesses: true, parts: ["process \(process.pid) (\(process.name))"])
  }

  private static func trace(
    _ program: LabProcesses.Closed, id: String?, _ mode: LabMode
  ) -> LabTrace {
    LabTrace(
      id: id ?? LabTrace.unknownID(program.folder), mode: mode,
      lab: (program.folder as NSString).lastPathComponent, folder: program.folder,
      isOfProcesses: true, parts: ["process \(program.pid) (\(program.name))"])
  }

  private static func namespace(_ process: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")
  }
}

extension LabProcesses {
  /// The lab's folder, for whoever finds the process and not the folder.
  package static let folderKey = "PILAB_FOLDER"

  /// What processes of a lab carry that are no board's.
  package static func environment(of record: LabRecord) -> [String: String] {
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
      return Marked(pid: pid, lab: lab, folder: folder(marks), name: name(of: pid))
    }
  }

  /// A board program that shows nobody but root its environment: its program's path tells of its lab's folder.
  struct Closed {
    var pid: pid_t
    var folder: String
    var name: String
  }

  /// Those whose files are where this process sees them: the path of one with another root or other mounts says nothing
  /// here.
  static func closedPrograms() -> [Closed] {
    guard let mounts = mounts("self") else { return [] }
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.sorted().compactMap { pid in
      guard pid != getpid(), isOwn(pid), marks(of: pid) == nil, let path = program(of: pid),
        let folder = labFolder(ofProgram: path), self.mounts("\(pid)") == mounts
      else { return nil }
      return Closed(pid: pid, folder: folder, name: name(of: pid))
    }
  }

  /// Of `/home/me/.pilab/lab/boards/alice/pi-sender` what stands before `/boards`; nil for any other program.
  package static func labFolder(ofProgram path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 5, parts[0].isEmpty,
      let boards = (3..<parts.count - 2).last(where: {
        parts[$0] == "boards" && parts[$0 - 2] == ".pilab"
      })
    else { return nil }
    return parts[..<boards].joined(separator: "/")
  }

  private static func mounts(_ process: String) -> Data? {
    FileManager.default.contents(atPath: "/proc/\(process)/mountinfo")
  }

  private static func name(of pid: pid_t) -> String {
    ((try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? "")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A board's programs have its folder for their home.
  private static func folder(_ marks: [String: String]) -> String? {
    if let folder = marks[folderKey] { return folder }
    guard let home = marks["HOME"], let board = marks[boardKey] else { return nil }
    let tail = "/boards/\(board)"
    return home.hasPrefix("/") && home.hasSuffix(tail) ? String(home.dropLast(tail.count)) : nil
  }

  /// By its credentials: the owner of its folder in /proc is root where it may not be looked into.
  static func isOwn(_ pid: pid_t) -> Bool {
    guard let status = FileManager.default.contents(atPath: "/proc/\(pid)/status") else {
      return false
    }
    // Uid: real, effective, saved set, and file system.
    let line = status.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "Uid:".utf8) }
    let ids = line.map { String(decoding: $0, as: UTF8.self).split(separator: "\t") } ?? []
    return ids.count > 2 && ids[2] == "\(geteuid())"
  }

  private static func isID(_ text: String) -> Bool {
    text.wholeMatch(of: /[0-9a-f]{16}/) != nil
  }
}
