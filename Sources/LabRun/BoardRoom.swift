import LabBackends
import LabManifest
import LabReport

/// Whether what an exchange puts and leaves on its boards has room there.
struct BoardRoom {
  let lab: any RunningLab

  struct Need {
    var board: String
    var bytes: UInt64
    /// Files that are put there, perhaps in the place of others.
    var files: [BoardPath]
  }

  /// - Throws: `board_full`.
  func check(_ needs: [Need], for exchange: String) async throws(RunError) {
    for need in needs {
      let (name, needed) = (need.board, need.bytes)
      let free: UInt64
      do {
        guard let board = try lab.board(name) as? any StorageBound else { continue }
        free = try await board.freeSpace(replacing: need.files)
      } catch { throw RunError(error) }
      guard free < needed else { continue }
      // The board keeps a sixteenth of its memory for itself.
      let missing = MemorySize(bytes: ((needed - free) * 16 / 15 >> 20 + 1) << 20)
      throw RunError(
        "board_full",
        "exchange '\(exchange)' needs \(Human.bytes(needed)) on the board, which has room for "
          + Human.bytes(free),
        hint:
          "give it \(missing) more with 'memory:' in the manifest, or keep fewer files: 'store: []'",
        board: name, step: "prepare", status: .environmentUnfit)
    }
  }
}
