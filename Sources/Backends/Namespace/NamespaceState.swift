import Foundation
import Glibc
import HostKit
import LabCore

/// What is noted of a lab in its folder, and the way from there to its processes.
///
///     network/id          the lab's id, before anything is made
///     network/holder      the holder's process identifier
///     network/hosts       what the boards see as /etc/hosts
///     network/ready       the lab is complete
///     network/namespaces  mount point of the boards' network namespaces, empty outside the lab
struct NamespaceState: Sendable {
  let folder: String

  init(labFolder: String) { folder = "\(labFolder)/network" }

  var isReady: Bool { FileManager.default.fileExists(atPath: "\(folder)/ready") }

  /// The id of the lab that the folder belongs to.
  var id: String? { text("id") }

  func begin(_ id: String, boards: [LabRecord.Board]) throws(LabError) {
    do {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(NamespaceScript.mountPoint)", withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try OutputFile.write(Array(id.utf8), to: "\(folder)/id", permissions: 0o600)
      try HostsFile.write(boards, to: "\(folder)/\(NamespaceScript.hosts)")
    } catch {
      throw LabError(
        .boardNotCreated, "cannot make the lab's folder \(folder)",
        SystemFault(error, path: "\(folder)/id", .make), step: "create")
    }
  }

  func remove() throws(LabError) {
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove the lab's folder \(folder)",
        SystemFault(error, path: folder, .make), step: "destroy",
        hint: "remove it by hand: rm -r '\(folder)'")
    }
  }

  /// The process that keeps the namespaces of lab `id` alive; nil when there is none any more.
  func holder(of id: String) -> NamespaceHolder? {
    if let pid = text("holder").flatMap({ pid_t($0) }) {
      return NamespaceHolder(pid, of: id, state: folder)
    }
    // Whoever made the lab was killed before the identifier was noted.
    return LabProcesses.all(of: id).lazy
      .compactMap { NamespaceHolder($0.pid, of: id, state: folder) }.first
  }

  /// Ends every process of lab `id`, and with them its namespaces, interfaces and mounts.
  func end(_ id: String) async throws(LabError) {
    let holder = holder(of: id)
    try await holder?.kill()
    // Without a holder, or while the script runs, there may be others. They carry the lab's id too.
    if holder == nil || !isReady { try await LabProcesses.killAll(of: id) }
  }

  private func text(_ name: String) -> String? {
    (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// Process 1 of a lab: while it lives the lab does, and the kernel ends both together.
struct NamespaceHolder: Sendable, Equatable {
  let pid: pid_t
  let id: String
  let state: String

  /// Nil unless the process is there and is what it should be: identifiers are used again.
  init?(_ pid: pid_t, of id: String, state: String) {
    self.pid = pid
    self.id = id
    self.state = state
    guard isAlive else { return nil }
  }

  var isAlive: Bool { LabProcesses.belongs(pid, to: id) && isFirstOfItsNamespace }

  /// A board's network namespace, as a path that leads there from outside the lab.
  func network(_ number: Int) -> String {
    "/proc/\(pid)/root\(state)/\(NamespaceScript.mountPoint)/netns/\(number)"
  }

  var labNetwork: String { "/proc/\(pid)/ns/net" }

  /// The lab has a user namespace, in which only one user is known: whoever made it, as root.
  var hasOwnUsers: Bool { Self.link("/proc/self/ns/user") != Self.link("/proc/\(pid)/ns/user") }

  /// Words that bring a tool of this machine into the lab and one of its networks.
  func launcher(_ nsenter: String, network: String) -> [String] {
    // A mount namespace is entered at its own root; where pilab runs in a chroot, that is not where the lab lies.
    [nsenter, "--target", "\(pid)", "--mount", "--root", "--pid", "--net=\(network)"] + users
      + ["--"]
  }

  /// Words that bring a program onto the board that `keeper` keeps, into a folder.
  func launcher(_ nsenter: String, keeper: pid_t, folder: String) -> [String] {
    // By way of the keeper: the folder of this name outside would lie out of reach inside.
    [
      nsenter, "--target", "\(keeper)", "--mount", "--uts", "--root", "--pid", "--net",
      "--wd=/proc/\(keeper)/root\(folder)",
    ] + users + ["--"]
  }

  private var users: [String] {
    guard hasOwnUsers else { return [] }
    // Who is not root here may not set groups there, and is root there anyway.
    return ["--user"] + (geteuid() == 0 ? [] : ["--preserve-credentials"])
  }

  /// Identifiers of the lab's processes in each of its networks, but for keepers, by the networks' inode numbers.
  func processesByNetwork() -> [ino_t: [pid_t]] {
    let lab = Self.link("/proc/\(pid)/ns/pid")
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    var found: [ino_t: [pid_t]] = [:]
    for process in entries.compactMap({ pid_t($0) }).sorted()
    where Self.link("/proc/\(process)/ns/pid") == lab
      && LabProcesses.marks(of: process)?[LabProcesses.keepsKey] == nil
    {
      guard let network = Self.inode("/proc/\(process)/ns/net") else { continue }
      found[network, default: []].append(process)
    }
    return found
  }

  /// Of the file that a path leads to; nil where there is none.
  static func inode(_ path: String) -> ino_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_ino : nil
  }

  /// Ends the lab. On return every process of it has ended.
  func kill() async throws(LabError) {
    guard isAlive, let start = Self.startTime(pid) else { return }
    guard Glibc.kill(pid, SIGKILL) == 0 || errno == ESRCH else {
      throw LabError(
        .boardNotRemoved, "cannot end the lab's process \(pid)", step: "destroy",
        hint: "was the lab made by another user?", cause: SystemError.last.description)
    }
    // It is a zombie, or gone, when all processes of the lab are: the kernel waits for them.
    for attempt in 0..<1000 where Self.startTime(pid) == start {
      await pauseUncancelled(for: .milliseconds(min(20, 1 + attempt / 4)))
    }
    if Self.startTime(pid) == start {
      throw LabError(
        .boardNotRemoved, "the lab's process \(pid) does not end", step: "destroy",
        hint: "a program of the lab hangs in the kernel; try again later")
    }
  }

  /// In clock ticks since boot, which no later process of the same number shares; nil for a zombie.
  private static func startTime(_ pid: pid_t) -> UInt64? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    // The name before may hold anything. After it: state, and the start time as the 20th field.
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return UInt64(fields[19])
  }

  private var isFirstOfItsNamespace: Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("NSpid:") })
    else { return false }
    return line.split(separator: "\t").last == "1"
  }

  private static func link(_ path: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: path)
  }
}
