import LabCore
import LabManifest
import LabValues

/// What can be done to the links of a lab that is up, where its backend can.
extension LiveLab {
  /// - Parameter impairment: nil makes the link good again.
  public func impair(
    _ board: String, _ impairment: LinkImpairment?
  ) async throws(LabError) {
    let link = try self.board(board).require(.impairing, of: mode, step: "link")
    let change = LabChange(
      impairment == nil ? .clear : .impair, board: link.name, detail: impairment?.description)
    try await self.change(change, impairment: impairment) { () throws(LabError) in
      try await link.setImpairment(impairment)
    }
  }

  /// Pulls a board's cable, or plugs it in again.
  public func setLink(of board: String, up: Bool) async throws(LabError) {
    let link = try self.board(board).require(.linkControl, of: mode, step: "link")
    let change = LabChange(up ? .linkUp : .linkDown, board: link.name)
    try await self.change(change) { () throws(LabError) in
      try await link.setLink(up: up)
    }
  }

  /// Records what passes the board's interface until the calling task is cancelled, or for some seconds.
  /// - Parameter onStart: called when every frame from now on will be recorded.
  public func capture(
    _ board: String, to file: String, seconds: Double?, onStart: @Sendable () -> Void
  ) async throws(LabError) {
    let capture = try await capturing(board).startCapture(to: file)
    onStart()
    // A day is as long as until cancelled for whoever set no end.
    let end = ContinuousClock.now + .seconds(seconds ?? 86_400)
    while ContinuousClock.now < end, !Task.isCancelled, try isUp() {
      do { try await Task.sleep(for: min(.milliseconds(500), end - ContinuousClock.now)) } catch {
        // Cancelled, which is the regular end.
      }
    }
    do throws(LabError) { try await capture.stop() } catch { throw try failedCapture(error) }
  }

  /// The programs that capture end with the lab, and the last frames with them.
  func failedCapture(_ error: LabError) throws(LabError) -> LabError {
    guard try !isUp() else { return error }
    return LabError(
      .labWentDown, "lab '\(name)' went down, and the capture ended with it",
      step: "capture",
      hint: "what was captured until then is kept; the last frames may be missing",
      cause: error.cause)
  }

  /// The board as one whose frames can be recorded.
  func capturing(_ board: String) throws(LabError) -> any Capturing {
    try self.board(board).require(.capturing, of: mode, step: "capture")
  }
}
