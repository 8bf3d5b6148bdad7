import LabCore
import LabManifest
import LabValues

/// What can be done to boards that are machines of their own, and to the lab that they make up.
extension LiveLab {
  /// Pulls a board's plug.
  public func kill(_ board: String) async throws(LabError) {
    let board = try power(board, "pull a board's plug", step: "kill")
    try await change(LabChange(.kill, board: board.name)) { () throws(LabError) in
      try await board.kill()
    }
  }

  /// Returns when the board answers again. Its link is as it was: what impairs it lies on the board, and has gone with the
  /// board's memory.
  public func reboot(_ board: String) async throws(LabError) {
    let board = try power(board, "restart a board", step: "reboot")
    let condition = try conditions()?.board(board.name)
    try await change(LabChange(.reboot, board: board.name)) { () throws(LabError) in
      try await board.reboot()
      if let condition { try await board.make(condition) }
    }
  }

  /// The last bytes that the board has written to its serial console.
  public func consoleLog(_ board: String, limit: Int) async throws(LabError) -> String {
    try await console(board).consoleLog(limit: limit)
  }

  /// Connects input and output with the board's serial console.
  /// - Parameter end: a byte that ends it and is not sent.
  public func openConsole(
    _ board: String, input: Int32, output: Int32, end: UInt8, onStart: @Sendable () -> Void
  ) async throws(LabError) {
    let board = try console(board)
    onStart()
    try await board.console(input: input, output: output, end: end)
  }

  /// Keeps how all boards are under a name. For whoever holds the lab's lock: see `LabKeeper.alone`.
  public func snapshot(_ name: String) async throws(LabError) {
    let lab = try snapshotting()
    try await change(LabChange(.snapshot, detail: name)) { () throws(LabError) in
      try await lab.snapshot(name)
    }
  }

  /// Returns when every board answers. For whoever holds the lab's lock.
  public func restore(_ name: String) async throws(LabError) {
    let lab = try snapshotting()
    let conditions = try conditions()
    try await change(LabChange(.restore, detail: name)) { () throws(LabError) in
      try await lab.restore(name)
      guard let conditions else { return }
      // What a snapshot holds of links differs from one hypervisor to the next; here they go back with it.
      for condition in conditions.boards(at: name) ?? conditions.boards {
        try await lab.board(condition.board)
          .make(condition, from: conditions.board(condition.board))
      }
    }
  }

  /// Forgets a snapshot of all boards. For whoever holds the lab's lock.
  public func deleteSnapshot(_ name: String) async throws(LabError) {
    let lab = try snapshotting()
    try await change(LabChange(.deleteSnapshot, detail: name)) { () throws(LabError) in
      try await lab.deleteSnapshot(name)
    }
  }

  /// Names, the oldest first.
  public func snapshots() async throws(LabError) -> [String] {
    try await snapshotting().snapshots()
  }

  private func power(
    _ board: String, _ deed: String, step: String
  ) throws(LabError) -> any PowerControl {
    try self.board(board).require(.power, of: mode, to: deed, step: step)
  }

  private func console(_ board: String) throws(LabError) -> any ConsoleAccess {
    try self.board(board).require(.console, of: mode, step: "console")
  }

  private func snapshotting() throws(LabError) -> any Snapshotting {
    try running.require(.snapshots, step: "snapshot")
  }
}
