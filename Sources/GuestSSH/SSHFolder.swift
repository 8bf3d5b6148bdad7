import Foundation
import HostKit
import LabCore

/// The folder of a lab's SSH files.
package enum SSHFolder {
  /// Removes it. May be repeated.
  package static func remove(_ record: LabRecord) throws(LabError) {
    let folder = SSHTarget.folder(of: record)
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      throw LabError(
        .boardNotRemoved, "cannot remove the lab's folder \(folder)",
        SystemFault(error, path: folder, .make), step: "destroy",
        hint: "remove it by hand: rm -r '\(folder)'")
    }
  }
}
