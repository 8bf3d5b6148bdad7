import LabCore
import LabManifest
import LabValues

/// What can be done to the links of a lab that is up, where its backend can.
extension LabKeeper {
  /// - Parameter impairment: nil makes the link good again.
  public func impair(
    _ board: String, of lab: String, _ impairment: LinkImpairment?
  ) async throws(LabError) {
    let board = try await self.board(board, of: lab)
    let link = try board.running.require(.impairing, of: board.mode, step: "link")
    let change = LabChange(
      impairment == nil ? .clear : .impair, board: link.name, detail: impairment?.description)
    try await self.change(lab, change, impairment: impairment) { () throws(LabError) in
      if let impairment {
        try await link.impair(Impairment(impairment))
      } else {
        try await link.clearImpairment()
      }
    }
  }

  /// Pulls a board's cable, or plugs it in again.
  public func setLink(of board: String, of lab: String, up: Bool) async throws(LabError) {
    let board = try await self.board(board, of: lab)
    let link = try board.running.require(.linkControl, of: board.mode, step: "link")
    let change = LabChange(up ? .linkUp : .linkDown, board: link.name)
    try await self.change(lab, change) { () throws(LabError) in
      try await link.setLink(up: up)
    }
  }

  /// Records what passes the board's interface until the calling task is cancelled, or for some seconds.
  /// - Parameter onStart: called when every frame from now on will be recorded.
  public func capture(
    _ board: String, of lab: String, to file: String, seconds: Double?,
    onStart: @Sendable () -> Void
  ) async throws(LabError) {
    let interface = try await capturing(board, of: lab)
    let capture = try await interface.startCapture(to: file)
    onStart()
    // A day is as long as until cancelled for whoever set no end.
    let end = ContinuousClock.now + .seconds(seconds ?? 86_400)
    while ContinuousClock.now < end, !Task.isCancelled, try index.summary(lab).condition == .up {
      do { try await Task.sleep(for: min(.milliseconds(500), end - ContinuousClock.now)) } catch {
        // Cancelled, which is the regular end.
      }
    }
    do throws(LabError) { try await capture.stop() } catch {
      throw try failedCapture(of: lab, error)
    }
  }

  /// The programs that capture end with the lab, and the last frames with them.
  func failedCapture(of lab: String, _ error: LabError) throws(LabError) -> LabError {
    guard try index.summary(lab).condition != .up else { return error }
    return LabError(
      .labWentDown, "lab '\(lab)' went down, and the capture ended with it",
      step: "capture",
      hint: "what was captured until then is kept; the last frames may be missing",
      cause: error.cause)
  }

  func capturing(_ name: String, of lab: String) async throws(LabError) -> any Capturing {
    let board = try await self.board(name, of: lab)
    return try board.running.require(.capturing, of: board.mode, step: "capture")
  }

  /// - Throws: `no_such_board`, `lab_not_up`, `lab_broken`.
  public func board(
    _ name: String, of lab: String
  ) async throws(LabError) -> (running: any RunningBoard, mode: LabMode) {
    let running = try await attach(lab)
    do { return (try running.board(name), running.record.mode) } catch {
      var failure = error
      failure.message = "lab '\(lab)' has no board '\(name)'"
      failure.hint = Suggestion.hint(
        for: name, among: running.record.boards.map(\.name), listing: "its boards are")
      throw failure
    }
  }
}
