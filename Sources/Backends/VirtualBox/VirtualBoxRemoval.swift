import Foundation
import GuestSSH
import HostKit
import LabCore
import VMKit

/// Takes away what there is of a lab, in whatever state it is: half made, aborted, or without its folder.
///
/// Machines are found by the identifiers that stand in the lab's record. VirtualBox never deletes files for us: it would
/// delete whole chains of disks, and the first of a chain may be the user's.
struct VirtualBoxRemoval: Sendable {
  let record: LabRecord
  let host: VirtualBoxHost

  private var folder: VirtualBoxFolder { VirtualBoxFolder(record) }

  private static let powerOffTimeout = Duration.seconds(30)

  /// Goes on past a failure.
  /// - Throws: the first failure.
  func remove() async throws(LabError) {
    var failure: LabError?
    func attempt(_ body: () async throws(LabError) -> Void) async {
      do throws(LabError) { try await body() } catch { failure = failure ?? error }
    }
    for (index, board) in record.boards.enumerated() {
      await attempt { () throws(LabError) in
        try await remove(record.machine(index + 1), board.name)
      }
    }
    // Connections that commands share, machines without the driver, and whatever else runs for the lab here.
    await attempt { () throws(LabError) in try await DriverlessProcess.killAll(of: record.id) }
    await attempt { () throws(LabError) in try await removeBases() }
    await attempt { () throws(LabError) in try await closeMedia() }
    if let failure { throw failure }
    try MachineFolder.removeAll(of: record)
    try removeFarFolder(folder.farFolder)
  }

  /// What an earlier lab of the same folder has left.
  func removeEarlier() async throws(LabError) {
    let earlier: [(uuid: String, mark: VirtualBoxMark)]
    do { earlier = try await marked().filter { $0.mark.folder == record.folder } } catch {
      throw error.failure(
        .boardNotCreated, "cannot ask VirtualBox for earlier labs", step: "create")
    }
    for (uuid, mark) in earlier {
      try await remove(uuid, mark.board ?? "base")
      try await DriverlessProcess.killAll(of: mark.lab)
      try removeFarFolder(VirtualBoxFolder.farFolder(mark.lab))
    }
    try await closeMedia()
    try MachineFolder.removeAll(of: record)
  }

  /// Machines of this lab's name that a pilab has made.
  private func marked() async throws(VBoxError) -> [(uuid: String, mark: VirtualBoxMark)] {
    var found: [(uuid: String, mark: VirtualBoxMark)] = []
    for machine in VBoxText.machines(try await host.manage.ask(["list", "vms"]))
    where machine.name.hasPrefix("pilab-\(record.lab)-") || machine.name == "<inaccessible>" {
      if let mark = try await host.mark(of: machine.uuid) { found.append((machine.uuid, mark)) }
    }
    return found
  }

  private func remove(_ uuid: String, _ board: String) async throws(LabError) {
    do {
      var condition = try await host.condition(uuid)
      if condition == .absent { return }
      if condition.isOn {
        try await switchOff(uuid, board)
        condition = try await host.condition(uuid)
      }
      try await host.waitUntilFree(uuid)
      if condition == .saved { try await host.manage.change(["discardstate", uuid]) }
      try await host.manage.change(["unregistervm", uuid])
    } catch {
      if error.kind == .objectNotFound { return }
      throw error.failure(
        .boardNotRemoved, "cannot remove its virtual machine", board: board, step: "destroy")
    }
  }

  private func switchOff(_ uuid: String, _ board: String) async throws(VBoxError) {
    do {
      try await host.manage.change(
        ["controlvm", uuid, "poweroff"], timeout: Self.powerOffTimeout)
    } catch {
      // It may have gone off meanwhile, or hang; a process of ours can be ended then.
      guard [.wrongState, .noAnswer, .busy, .other].contains(error.kind) else { throw error }
      do { try await DriverlessProcess.killAll(of: record.id, board: board) } catch {
        throw VBoxError(.busy, "\(error)")
      }
    }
  }

  /// Appliances that were imported for the lab's boards; by their marks, for VirtualBox chooses their identifiers.
  private func removeBases() async throws(LabError) {
    let bases: [(uuid: String, mark: VirtualBoxMark)]
    do { bases = try await marked().filter { $0.mark.lab == record.id } } catch {
      throw error.failure(.boardNotRemoved, "cannot list machines", step: "destroy")
    }
    for base in bases { try await remove(base.uuid, base.mark.board ?? "base") }
    try await removeUnmarkedBases()
  }

  /// One that was imported and not marked has a name that no other has, and lies in the lab's folder.
  private func removeUnmarkedBases() async throws(LabError) {
    let bases: [String]
    do throws(VBoxError) { bases = try await unmarkedBases() } catch {
      throw error.failure(.boardNotRemoved, "cannot remove an appliance", step: "destroy")
    }
    for base in bases { try await remove(base, "base") }
  }

  private func unmarkedBases() async throws(VBoxError) -> [String] {
    var bases: [String] = []
    for machine in VBoxText.machines(try await host.manage.ask(["list", "vms"]))
    where VirtualBoxNames(record).isBase(machine.name) {
      let properties = try await host.manage.properties(["showvminfo", machine.uuid])
      guard properties["CfgFile"]?.hasPrefix(folder.path + "/") == true else { continue }
      bases.append(machine.uuid)
    }
    return bases
  }

  /// Disks and discs of the lab's folder that VirtualBox still knows, children first; and disks of the user that it knows
  /// by the lab alone.
  private func closeMedia() async throws(LabError) {
    do throws(VBoxError) {
      for kind in [("hdds", "disk"), ("dvds", "dvd")] {
        let known = VBoxText.media(try await host.manage.ask(["list", kind.0]))
        let own = known.filter { $0.location.hasPrefix(folder.path + "/") }
        // A parent is listed before its children, and cannot be closed before them.
        for medium in own.reversed() {
          do throws(VBoxError) {
            try await host.manage.change(["closemedium", kind.1, medium.uuid])
          } catch {
            // It went with its machine meanwhile: an identifier that is not known is taken for a path.
            guard error.kind == .objectNotFound || error.description.contains("not fully qualified")
            else { throw error }
          }
        }
      }
      let opened = OpenedDisks(record)
      let known = VBoxText.media(try await host.manage.ask(["list", "hdds"]))
      for path in opened.read() where known.contains(where: { $0.location == path }) {
        do throws(VBoxError) { try await host.manage.change(["closemedium", "disk", path]) } catch {
          // Another machine has it by now, which keeps it.
          guard error.description.contains("attached") || error.description.contains("child") else {
            throw error
          }
        }
      }
    } catch {
      throw error.failure(
        .boardNotRemoved, "VirtualBox does not release the lab's disks", step: "destroy")
    }
  }

  private func removeFarFolder(_ path: String) throws(LabError) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_uid == geteuid() else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove \(path)",
        SystemFault(error, path: path, .make), step: "destroy",
        hint: "remove it by hand: rm -r '\(path)'")
    }
  }
}

extension VirtualBoxNames {
  func isBase(_ name: String) -> Bool {
    guard name.hasPrefix("pilab-\(record.lab)-base"), name.hasSuffix("-\(record.id.prefix(8))")
    else { return false }
    return true
  }
}

/// Disks of the user that VirtualBox did not know before the lab; written down before they are opened.
struct OpenedDisks: Sendable {
  let file: String

  init(_ record: LabRecord) { file = "\(MachineFolder(record).path)/opened-disks" }

  func read() -> [String] {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  func note(_ path: String) throws(LabError) {
    do {
      try (read() + [path]).joined(separator: "\n").write(
        toFile: file, atomically: true, encoding: .utf8)
    } catch {
      throw LabError(
        .boardNotCreated, "cannot write \(file)", SystemFault(error, path: file, .write),
        step: "create")
    }
  }
}
