import Foundation
import HostKit
import LabCore

/// What pilab keeps of one lab, for its owner alone: `.pilab/<lab>/` with `lock`, `state.json` and `boards/`
/// (while the lab is there), `psk` (until `pilab down`) and `runs/`.
struct LabFolder: Sendable {
  let lab: String
  let root: String

  var path: String { "\(root)/\(lab)" }
  var lock: String { "\(path)/lock" }
  var preSharedKey: String { "\(path)/psk" }
  var runs: String { "\(path)/runs" }
  var state: StateFile { StateFile(path: "\(path)/state.json", lab: lab) }

  var exists: Bool { FileStatus(path)?.isFolder == true }

  /// - Throws: why this user cannot see whether there is such a lab.
  func isThere() throws(LabError) -> Bool {
    do throws(SystemFault) {
      guard try Folder.exists(root), try Folder.exists(path) else { return false }
      try Folder.checkReadable(path)
      return true
    } catch {
      throw LabError(
        .labFolderFailed, "cannot look into \(path)", error, step: "find")
    }
  }

  /// Whether two paths lead to one folder.
  static func isSame(_ a: String, _ b: String) -> Bool {
    URL(fileURLWithPath: a).resolvingSymlinksInPath().path
      == URL(fileURLWithPath: b).resolvingSymlinksInPath().path
  }

  init(of lab: String, in root: String) {
    self.lab = lab
    self.root = root
  }

  func create() throws(LabError) {
    do throws(SystemFault) {
      try Folder.make(runs)
      for folder in [root, path, runs] { try Folder.checkUsable(folder) }
    } catch {
      throw LabError(
        .labFolderRefused, "cannot make the lab's folder \(path)", error, step: "prepare",
        hint: "start pilab in a folder that you may write to")
    }
    // It may have been made by another hand, or with another umask.
    guard chmod(path, 0o700) == 0 else {
      throw LabError(
        .labFolderRefused, "cannot make \(path) private", SystemFault(path: path, .write),
        step: "prepare")
    }
  }

  /// Removes what is left of the lab beside its runs. For the holder of the lock, once the boards are gone;
  /// the lock's file goes last, and whoever waits for it sees that it has gone.
  func tidy() throws(LabError) {
    RunFolder.sweep(runs)
    rmdir(runs)
    for name in names where name == "psk" || name.contains(".partial") { unlink("\(path)/\(name)") }
    let rest = names.filter { !["lock", "runs"].contains($0) }
    guard rest.isEmpty else {
      throw LabError(
        .labNotRemoved, "\(path) still holds \(rest.listed), which pilab knows nothing of",
        step: "destroy",
        hint: rest.allSatisfy(Self.ofBoards.contains)
          ? "they are of a lab whose state is gone: rm -r "
            + rest.map { "'\(path)/\($0)'" }.joined(separator: " ")
          : "look at it, and remove it by hand")
    }
    unlink(lock)
    // Both refuse a folder that holds anything, so runs and other labs are safe.
    rmdir(path)
    rmdir(root)
  }

  /// What backends keep of boards in the lab's folder: those of processes, of machines, and of the way to them.
  static let ofBoards = ["boards", "machines", "ssh"]

  /// Takes away again what `create` made, where that came to nothing.
  func removeIfUnused() {
    guard names.allSatisfy({ ["lock", "runs"].contains($0) }), rmdir(runs) == 0 else { return }
    unlink(lock)
    rmdir(path)
    rmdir(root)
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
