import Glibc
import HostKit
import LabCore

/// Why a run could not be done. A failing exchange is no such error: it has its place in the report.
public struct RunError: Error, Sendable, CustomStringConvertible {
  /// A word for programs: `image_missing`, `lab_in_use`…
  public var code: String
  public var message: String
  public var hint: String?
  public var board: String?
  public var step: String?
  /// The operating system's or the backend's own words.
  public var cause: String?
  public var status: ExitStatus
  /// Set where a board is not there any more.
  var loss: BackendError?
  /// What the operating system refused, where it was that.
  var fault: SystemFault?

  public init(
    _ code: String, _ message: String, hint: String? = nil, board: String? = nil,
    step: String? = nil, cause: String? = nil, status: ExitStatus
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.board = board
    self.step = step
    self.cause = cause
    self.status = status
  }

  /// What the operating system refused: its words are the cause, and the hint follows from it.
  /// - Parameter hint: for causes of which nothing is known.
  public init(
    _ code: String, _ message: String, _ fault: SystemFault, hint: String? = nil,
    step: String? = nil, status: ExitStatus
  ) {
    self.init(
      code, message, hint: fault.hint ?? hint, step: step, cause: fault.description, status: status)
    self.fault = fault
  }

  public init(_ error: BackendError) {
    self.init(
      error.code.rawValue, error.message, hint: error.hint, board: error.board, step: error.step,
      cause: error.cause,
      status: Self.status(of: error.code))
    loss = error.isLossOfBoard ? error : nil
  }

  private static func status(of code: BackendError.Code) -> ExitStatus {
    switch code {
    case .noSuchBoard, .noSuchSnapshot: .usage
    case .broken, .switchedOff: .labUnavailable
    default: .environmentUnfit
    }
  }

  /// The disk is full, or may only be read.
  var isUnwritableFileSystem: Bool {
    fault.map { $0.isLackOfSpace || $0.number == EROFS } ?? false
  }

  /// A lab that is broken tells how to get rid of it.
  func inLab(_ lab: String) -> RunError {
    guard code == BackendError.Code.broken.rawValue else { return self }
    var error = self
    error.message = "lab '\(lab)' is broken: \(message)"
    error.hint = "remove what there is of it: pilab down --lab \(lab)"
    return error
  }

  /// The caller's task was cancelled; which signal did it, only the caller knows.
  public static let cancelled = RunError("cancelled", "told to stop", status: .interrupted)

  /// Told to stop, pilab could not take away what it had made.
  static func left(_ lab: String, _ failure: RunError) -> RunError {
    RunError(
      leftCode, "told to stop, but lab '\(lab)' could not be taken away: \(failure.message)",
      hint: failure.hint, board: failure.board, step: failure.step, cause: failure.cause,
      status: .labUnavailable)
  }

  private static let leftCode = "lab_left"

  /// Something of the lab is left although it should not be.
  public var isLeftover: Bool { code == Self.leftCode }

  public var isCancellation: Bool {
    code == Self.cancelled.code || code == BackendError.Code.cancelled.rawValue
  }

  public var description: String { (board.map { "board '\($0)': " } ?? "") + told }

  /// Without the board.
  var told: String { message + (cause.map { ": \($0)" } ?? "") }
}
