import Foundation
import GuestSSH
import HostKit
import LabCore

/// What a backend of virtual machines keeps of a lab in the lab's own folder.
package struct MachineFolder: Sendable {
  package let path: String

  package init(_ record: LabRecord) { path = "\(record.folder)/machines" }

  /// Makes it. May be repeated.
  package func make() throws(LabError) {
    do throws(SystemFault) { try Folder.make(path) } catch {
      throw LabError(
        .boardNotCreated, "cannot make the lab's folder \(path)", error, step: "create")
    }
  }

  /// Removes all files of the lab's machines, and of the way to them. May be repeated.
  package static func removeAll(of record: LabRecord) throws(LabError) {
    try MachineFolder(record).remove()
    try SSHFolder.remove(record)
  }

  /// Removes it with all that is in it. May be repeated.
  private func remove() throws(LabError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove the lab's folder \(path)",
        SystemFault(error, path: path, .make), step: "destroy",
        hint: "remove it by hand: rm -r '\(path)'")
    }
  }
}
