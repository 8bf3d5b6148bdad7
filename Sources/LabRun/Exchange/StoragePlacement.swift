import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

/// Where what an exchange puts and leaves on its boards has room: in their working folders, or on their disks.
struct StoragePlacement {
  let lab: any RunningLab
  let exchange: String

  struct Need {
    var board: String
    /// Bytes that go into the working folder in any case.
    var fixed: UInt64
    /// Bytes that may lie on a disk.
    var movable: UInt64
    /// Files that are put there, perhaps in the place of others.
    var files: [BoardPath]
  }

  /// - Returns: by board, the folder for what may lie on a disk; none where the working folder has room.
  /// - Throws: `board_full`, `disk_full`.
  func folders(for needs: [Need]) async throws(LabError) -> [String: BoardPath] {
    var folders: [String: BoardPath] = [:]
    var onDisks: UInt64 = 0
    for need in needs {
      guard let board = try lab.board(need.board).find(.storageBound) else { continue }
      let free = try await board.freeSpace(in: nil, replacing: need.files)
      guard free < need.fixed + need.movable else { continue }
      guard free >= need.fixed, let board = board.find(.diskBacked),
        let folder = try await board.diskFolder()
      else { throw full(need.board, needs: need.fixed + need.movable, free) }
      onDisks += need.movable
      try await check(board, folder, need, onDisks)
      folders[need.board] = folder
    }
    return folders
  }

  /// - Parameter onDisks: what this and earlier boards of the exchange add to their disks.
  private func check(
    _ board: any DiskBacked, _ folder: BoardPath, _ need: Need, _ onDisks: UInt64
  ) async throws(LabError) {
    let replaced = need.files.map { folder.appending($0) }
    let free = try await board.freeSpace(in: folder, replacing: replaced)
    guard free >= need.movable else {
      throw LabError(
        .boardFull,
        "exchange '\(exchange)' needs \(Human.bytes(need.movable)) on the board's disk, which "
          + "has room for \(Human.bytes(free))", board: need.board, step: "prepare",
        hint: "keep fewer files: 'store: []'")
    }
    let room = try await board.roomForDisks()
    guard room >= onDisks else {
      throw LabError(
        .diskFull,
        "exchange '\(exchange)' needs \(Human.bytes(onDisks)) of this machine for its boards' "
          + "disks, and there is room for \(Human.bytes(room))",
        step: "prepare",
        hint: "make room where the boards' disks lie, or keep fewer files: 'store: []'")
    }
  }

  private func full(_ board: String, needs needed: UInt64, _ free: UInt64) -> LabError {
    // The board keeps a sixteenth of its memory for itself.
    let mebibytes = ((needed - free) * 16 / 15) / (1 << 20) + 1
    let missing = MemorySize(bytes: mebibytes << 20)
    return LabError(
      .boardFull,
      "exchange '\(exchange)' needs \(Human.bytes(needed)) on the board, which has room for "
        + Human.bytes(free),
      board: board, step: "prepare",
      hint:
        "give it \(missing) more with 'memory:' in the manifest, or keep fewer files: 'store: []'")
  }
}

extension BoardPath {
  func appending(_ path: BoardPath) -> BoardPath { ExchangePlan.boardPath("\(self)/\(path)") }
}
