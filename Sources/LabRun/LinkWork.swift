import LabCore
import LabManifest
import LabValues

/// What can be done to the links of a lab that is up, where its backend can.
extension LabKeeper {
  /// - Parameter impairment: nil makes the link good again.
  public func impair(
    _ board: String, of lab: String, _ impairment: LinkImpairment?
  ) async throws(RunError) {
    let board = try await self.board(board, of: lab)
    let link: any Impairing
    do { link = try board.running.require(.impairing, of: board.mode, step: "link") } catch {
      throw RunError(error)
    }
    let change = LabChange(
      impairment == nil ? .clear : .impair, board: link.name, detail: impairment?.description)
    try await self.change(lab, change, impairment: impairment) { () throws(BackendError) in
      if let impairment {
        try await link.impair(Impairment(impairment))
      } else {
        try await link.clearImpairment()
      }
    }
  }

  /// Pulls a board's cable, or plugs it in again.
  public func setLink(of board: String, of lab: String, up: Bool) async throws(RunError) {
    let board = try await self.board(board, of: lab)
    let link: any LinkControl
    do { link = try board.running.require(.linkControl, of: board.mode, step: "link") } catch {
      throw RunError(error)
    }
    let change = LabChange(up ? .linkUp : .linkDown, board: link.name)
    try await self.change(lab, change) { () throws(BackendError) in
      try await link.setLink(up: up)
    }
  }

  /// Records what passes the board's interface until the calling task is cancelled, or for some seconds.
  /// - Parameter onStart: called when every frame from now on will be recorded.
  public func capture(
    _ board: String, of lab: String, to file: String, seconds: Double?,
    onStart: @Sendable () -> Void
  ) async throws(RunError) {
    let interface = try await capturing(board, of: lab)
    let capture: any PacketCapture
    do throws(BackendError) { capture = try await interface.startCapture(to: file) } catch {
      throw RunError(error)
    }
    onStart()
    // A day is as long as until cancelled for whoever set no end.
    let end = ContinuousClock.now + .seconds(seconds ?? 86_400)
    while ContinuousClock.now < end, !Task.isCancelled, try index.summary(lab).condition == .up {
      do { try await Task.sleep(for: min(.milliseconds(500), end - ContinuousClock.now)) } catch {
        // Cancelled, which is the regular end.
      }
    }
    do throws(BackendError) { try await capture.stop() } catch {
      throw try failedCapture(of: lab, error)
    }
  }

  /// The programs that capture end with the lab, and the last frames with them.
  func failedCapture(of lab: String, _ error: BackendError) throws(RunError) -> RunError {
    guard try index.summary(lab).condition != .up else { return RunError(error) }
    return RunError(
      "lab_went_down", "lab '\(lab)' went down, and the capture ended with it",
      hint: "what was captured until then is kept; the last frames may be missing",
      step: "capture", cause: error.cause, status: .labUnavailable)
  }

  func capturing(_ name: String, of lab: String) async throws(RunError) -> any Capturing {
    let board = try await self.board(name, of: lab)
    do { return try board.running.require(.capturing, of: board.mode, step: "capture") } catch {
      throw RunError(error)
    }
  }

  /// - Throws: `no_such_board`, `lab_not_up`, `lab_broken`.
  public func board(
    _ name: String, of lab: String
  ) async throws(RunError) -> (running: any RunningBoard, mode: LabMode) {
    let running = try await attach(lab)
    do { return (try running.board(name), running.record.mode) } catch {
      var failure = RunError(error)
      failure.message = "lab '\(lab)' has no board '\(name)'"
      failure.hint = Suggestion.hint(
        for: name, among: running.record.boards.map(\.name), listing: "its boards are")
      throw failure
    }
  }
}
