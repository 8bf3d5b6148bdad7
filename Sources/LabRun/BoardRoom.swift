import LabBackends
import LabManifest
import LabReport

/// Whether what an exchange puts and leaves on its boards has room there.
struct BoardRoom {
  let lab: any RunningLab

  /// - Parameter needs: bytes by board.
  /// - Throws: `board_full`.
  func check(_ needs: [String: UInt64], for exchange: String) async throws(RunError) {
    for (name, needed) in needs.sorted(by: { $0.key < $1.key }) {
      let free: UInt64
      do {
        guard let board = try lab.board(name) as? any StorageBound else { continue }
        free = try await board.freeSpace()
      } catch { throw RunError(error) }
      guard free < needed else { continue }
      let missing = MemorySize(bytes: ((needed - free) >> 20 + 1) << 20)
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
