import LabCore
import LabManifest
import LabValues

/// What can be done to boards that are machines of their own, and to the lab that they make up.
extension LabKeeper {
  /// Pulls a board's plug.
  public func kill(_ board: String, of lab: String) async throws(LabError) {
    let board = try await power(board, of: lab, "pull a board's plug", step: "kill")
    try await change(lab, LabChange(.kill, board: board.name)) { () throws(LabError) in
      try await board.kill()
    }
  }

  /// Returns when the board answers again. Its link is as it was: what impairs it lies on the board, and has gone with the
  /// board's memory.
  public func reboot(_ board: String, of lab: String) async throws(LabError) {
    let board = try await power(board, of: lab, "restart a board", step: "reboot")
    let condition = try index.summary(lab).state?.inForce.board(board.name)
    try await change(lab, LabChange(.reboot, board: board.name)) { () throws(LabError) in
      try await board.reboot()
      if let condition { try await board.make(condition) }
    }
  }

  /// The last bytes that the board has written to its serial console.
  public func consoleLog(
    _ board: String, of lab: String, limit: Int
  ) async throws(LabError) -> String {
    let board = try await console(board, of: lab)
    return try await board.consoleLog(limit: limit)
  }

  /// - Parameter end: a byte that ends it and is not sent.
  public func openConsole(
    _ board: String, of lab: String, input: Int32, output: Int32, end: UInt8,
    onStart: @Sendable () -> Void
  ) async throws(LabError) {
    let board = try await console(board, of: lab)
    onStart()
    try await board.console(input: input, output: output, end: end)
  }

  /// Keeps how all boards are under a name.
  public func snapshot(_ name: String, of lab: String) async throws(LabError) {
    try await alone(in: lab) { () throws(LabError) in
      let running = try await snapshotting(lab)
      try await change(lab, LabChange(.snapshot, detail: name)) { () throws(LabError) in
        try await running.snapshot(name)
      }
    }
  }

  /// Returns when every board answers.
  public func restore(_ name: String, of lab: String) async throws(LabError) {
    try await alone(in: lab) { () throws(LabError) in
      let running = try await snapshotting(lab)
      let conditions = try index.summary(lab).state?.inForce
      try await change(lab, LabChange(.restore, detail: name)) { () throws(LabError) in
        try await running.restore(name)
        guard let conditions else { return }
        // What a snapshot holds of links differs from one hypervisor to the next; here they go back with it.
        for condition in conditions.boards(at: name) ?? conditions.boards {
          try await running.board(condition.board)
            .make(condition, from: conditions.board(condition.board))
        }
      }
    }
  }

  /// Forgets a snapshot of all boards.
  public func deleteSnapshot(_ name: String, of lab: String) async throws(LabError) {
    try await alone(in: lab) { () throws(LabError) in
      let running = try await snapshotting(lab)
      try await change(lab, LabChange(.deleteSnapshot, detail: name)) { () throws(LabError) in
        try await running.deleteSnapshot(name)
      }
    }
  }

  /// Names, the oldest first.
  public func snapshots(of lab: String) async throws(LabError) -> [String] {
    let lab = try await snapshotting(lab)
    return try await lab.snapshots()
  }

  /// Holds the lab's lock meanwhile: nobody runs exchanges on boards that lose their state.
  private func alone(
    in lab: String, _ body: () async throws(LabError) -> Void
  ) async throws(LabError) {
    _ = try await attach(lab)
    let lock = try LabLock(LabFolder(of: lab, in: root).lock, lab: lab)
    defer { withExtendedLifetime(lock) {} }
    try await body()
  }

  private func power(
    _ board: String, of lab: String, _ what: String, step: String
  ) async throws(LabError) -> any PowerControl {
    let board = try await self.board(board, of: lab)
    return try board.running.require(.power, of: board.mode, to: what, step: step)
  }

  private func console(
    _ board: String, of lab: String
  ) async throws(LabError) -> any ConsoleAccess {
    let board = try await self.board(board, of: lab)
    return try board.running.require(.console, of: board.mode, step: "console")
  }

  private func snapshotting(_ lab: String) async throws(LabError) -> any Snapshotting {
    let running = try await attach(lab)
    return try running.require(.snapshots, step: "snapshot")
  }
}
