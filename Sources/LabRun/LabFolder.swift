import Foundation

/// What pilab keeps of one lab, for its owner alone: `.pilab/<lab>/` with `lock`, `psk`, `boards/`
/// (only while a run lasts) and `runs/`.
struct LabFolder: Sendable {
  let path: String

  var lock: String { "\(path)/lock" }
  var preSharedKey: String { "\(path)/psk" }
  var runs: String { "\(path)/runs" }

  init(of lab: String, in root: String) {
    path = "\(root)/\(lab)"
  }

  func create() throws(RunError) {
    do {
      try FileManager.default.createDirectory(
        atPath: runs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw RunError(
        "lab_folder_failed", "cannot make the lab's folder \(path)",
        hint: "start pilab in a folder that you may write to", step: "prepare",
        cause: error.localizedDescription, status: .outputRefused)
    }
    // It may have been made by another hand, or with another umask.
    guard chmod(path, 0o700) == 0 else {
      throw RunError(
        "lab_folder_failed", "cannot make \(path) private", hint: "is it another user's?",
        step: "prepare", cause: systemMessage(), status: .outputRefused)
    }
  }
}
