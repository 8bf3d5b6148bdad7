import LabBackends
import LabManifest

/// What can be done to boards that are machines of their own, and to the lab that they make up.
extension LabKeeper {
  public func kill(_ board: String, of lab: String) async throws(RunError) {
    let board = try await power(board, of: lab, "pull a board's plug", step: "kill")
    do { try await board.kill() } catch { throw RunError(error) }
  }

  /// Returns when the board answers again.
  public func reboot(_ board: String, of lab: String) async throws(RunError) {
    let board = try await power(board, of: lab, "restart a board", step: "reboot")
    do { try await board.reboot() } catch { throw RunError(error) }
    // What the manifest puts on each link lies on the board, and has gone with its memory.
    if let impairment = try summary(lab).state?.impairment {
      try await impair(board.name, of: lab, impairment)
    }
  }

  /// The last bytes that the board has written to its serial console.
  public func consoleLog(
    _ board: String, of lab: String, limit: Int
  ) async throws(RunError) -> String {
    let board = try await console(board, of: lab)
    do { return try await board.consoleLog(limit: limit) } catch { throw RunError(error) }
  }

  /// - Parameter end: a byte that ends it and is not sent.
  public func openConsole(
    _ board: String, of lab: String, input: Int32, output: Int32, end: UInt8,
    onStart: @Sendable () -> Void
  ) async throws(RunError) {
    let board = try await console(board, of: lab)
    onStart()
    do {
      try await board.console(input: input, output: output, end: end)
    } catch { throw RunError(error) }
  }

  public func snapshot(_ name: String, of lab: String) async throws(RunError) {
    try await alone(in: lab) { () throws(RunError) in
      let lab = try await snapshotting(lab)
      do throws(BackendError) { try await lab.snapshot(name) } catch { throw RunError(error) }
    }
  }

  /// Returns when every board answers.
  public func restore(_ name: String, of lab: String) async throws(RunError) {
    try await alone(in: lab) { () throws(RunError) in
      let lab = try await snapshotting(lab)
      do throws(BackendError) { try await lab.restore(name) } catch { throw RunError(error) }
    }
  }

  public func deleteSnapshot(_ name: String, of lab: String) async throws(RunError) {
    try await alone(in: lab) { () throws(RunError) in
      let lab = try await snapshotting(lab)
      do throws(BackendError) { try await lab.deleteSnapshot(name) } catch { throw RunError(error) }
    }
  }

  /// Names, the oldest first.
  public func snapshots(of lab: String) async throws(RunError) -> [String] {
    let lab = try await snapshotting(lab)
    do { return try await lab.snapshots() } catch { throw RunError(error) }
  }

  /// Holds the lab's lock meanwhile: nobody runs exchanges on boards that lose their state.
  private func alone(
    in lab: String, _ body: () async throws(RunError) -> Void
  ) async throws(RunError) {
    _ = try await attach(lab)
    let lock = try LabLock(LabFolder(of: lab, in: root).lock, lab: lab)
    defer { withExtendedLifetime(lock) {} }
    try await body()
  }

  private func power(
    _ board: String, of lab: String, _ what: String, step: String
  ) async throws(RunError) -> any PowerControl {
    let board = try await self.board(board, of: lab)
    guard let machine = board.running as? any PowerControl else {
      throw RunError.needsMachines(board.mode, what, board: board.running.name, step: step)
    }
    return machine
  }

  private func console(
    _ board: String, of lab: String
  ) async throws(RunError) -> any ConsoleAccess {
    let board = try await self.board(board, of: lab)
    guard let machine = board.running as? any ConsoleAccess else {
      throw RunError.needsMachines(
        board.mode, "show a console", board: board.running.name, step: "console")
    }
    return machine
  }

  private func snapshotting(_ lab: String) async throws(RunError) -> any Snapshotting {
    let running = try await attach(lab)
    guard let lab = running as? any Snapshotting else {
      throw RunError.needsMachines(running.record.mode, "keep a lab's state", step: "snapshot")
    }
    return lab
  }
}

extension RunError {
  /// The mode's boards have no kernel of their own.
  static func needsMachines(
    _ mode: LabMode, _ what: String, board: String? = nil, step: String
  ) -> RunError {
    RunError(
      .cannot(
        mode, what, board: board, step: step,
        hint: "virtual machines can: pilab up --mode libvirt, or virtualbox"))
  }
}
