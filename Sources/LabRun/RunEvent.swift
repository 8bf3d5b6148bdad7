import LabResults

/// What a run tells whoever watches it, as it happens.
public enum RunEvent: Sendable, Equatable {
  case boardsReady(mode: String, boards: [BoardReport])
  case exchangeStarted(
    name: String, sender: String, receiver: String, profile: String, imageBytes: UInt64)
  case connected(exchange: String)
  case keyConfirmed(exchange: String)
  /// Bytes of the encrypted image that the board has sent or received.
  case progress(exchange: String, board: String, bytes: UInt64, total: UInt64)
  /// Bytes of a file that have got to the board.
  case copying(board: String, bytes: UInt64, total: UInt64)
  case verifying(exchange: String)
  case exchangeEnded(name: String, verdict: Outcome)
  /// Of a set, whose exchanges do not tell of themselves.
  case setProgress(set: String, done: Int, of: Int, failed: Int)
  /// Of a sweep; `done` measurements were taken before it was interrupted.
  case sweepStarted(points: Int, measurements: Int, done: Int)
  case sweepProgress(SweepProgress)
  /// Of scenarios; `of` cells in all.
  case cellStarted(scenario: String, number: Int, of: Int)
  case cellEnded(scenario: String, CellResult)
  /// A line of the history, as JSON.
  case history(String)
  /// A sentence that the user should see.
  case note(String)
}

/// Gets events from any thread, and must be quick.
public typealias RunObserver = @Sendable (RunEvent) -> Void

extension RunEvent {
  fileprivate var isNote: Bool { if case .note = self { true } else { false } }
}

/// Passes on the sentences that the user should see, and nothing else.
func onlyNotes(_ observer: @escaping RunObserver) -> RunObserver {
  { if $0.isNote { observer($0) } }
}
