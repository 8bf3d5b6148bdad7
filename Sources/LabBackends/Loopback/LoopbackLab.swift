import Foundation

/// The boards of a loopback lab: one folder each below `folder`.
struct LoopbackLab: RunningLab {
  let folder: String
  let boards: [LoopbackBoard]

  func board(_ name: String) throws(BackendError) -> any RunningBoard {
    guard let board = boards.first(where: { $0.name == name }) else {
      throw BackendError(.noSuchBoard, "the lab has no board '\(name)'", step: "run")
    }
    return board
  }

  func makeFolders() throws(BackendError) {
    for board in boards {
      do {
        try FileManager.default.createDirectory(
          atPath: board.folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      } catch {
        throw BackendError(
          .boardNotCreated, "cannot make its folder \(board.folder)", board: board.name,
          step: "create", hint: "is the disk full, or the folder of another user?",
          cause: error.localizedDescription)
      }
    }
  }

  /// Programs end with the call that runs them, so only files are left to remove.
  func destroy() async throws(BackendError) {
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      throw BackendError(
        .boardNotRemoved, "cannot remove the boards' folder \(folder)", step: "destroy",
        hint: "remove it by hand: rm -r '\(folder)'", cause: error.localizedDescription)
    }
  }
}
