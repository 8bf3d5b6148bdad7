import Glibc
import HostKit
import LabValues

/// What went wrong, where, and what to do next: one kind of error from a backend to the command line and the report.
public struct LabError: Error, Sendable, Equatable, CustomStringConvertible {
  public var code: Code
  public var message: String
  public var board: String?
  /// What was being done: `create`, `attach`, `run`, `exec`, `put`, `get`, `link`, `capture`, `destroy`; of a board
  /// program, the step of its protocol.
  public var step: String?
  public var hint: String?
  /// The error of the tool or system call underneath, in its own words.
  public var cause: String?
  /// What the operating system refused, where it was that.
  public var fault: SystemFault?
  /// It was seen before anything was done, so that all is as it was.
  public var isBeforehand = false

  public init(
    _ code: Code, _ message: String, board: String? = nil, step: String? = nil,
    hint: String? = nil, cause: String? = nil
  ) {
    self.code = code
    self.message = message
    self.board = board
    self.step = step
    self.hint = hint
    self.cause = cause
  }

  /// What the operating system refused: its words are the cause, and the hint follows from it.
  /// - Parameter hint: for causes of which nothing is known.
  public init(
    _ code: Code, _ message: String, _ fault: SystemFault, board: String? = nil,
    step: String? = nil, hint: String? = nil
  ) {
    self.init(
      code, message, board: board, step: step, hint: fault.hint ?? hint, cause: fault.description)
    self.fault = fault
  }

  public var description: String { (board.map { "board '\($0)': " } ?? "") + told }

  /// Without the board.
  public var told: String { message + (cause.map { ": \($0)" } ?? "") }
}

extension LabError {
  /// The caller's task was cancelled; which signal did it, only the caller knows.
  public static let cancelled = LabError(.cancelled, "told to stop")

  public var isCancellation: Bool { code == .cancelled }

  /// The board, or the way to it, is not there any more; what was asked of it may be in order.
  public var isLossOfBoard: Bool {
    [.switchedOff, .broken, .boardUnreachable, .connectionLost].contains(code)
  }

  /// The disk is full, or may only be read.
  package var isUnwritableFileSystem: Bool {
    fault.map { $0.isLackOfSpace || $0.number == EROFS } ?? false
  }

  /// The same, said before anything was done.
  package var beforehand: LabError {
    var error = self
    error.isBeforehand = true
    return error
  }

  /// What a probe found to be in the way.
  package static func cannotWork(_ mode: LabMode, _ reason: String, _ remedy: String?) -> LabError {
    LabError(
      .unavailable, "mode '\(mode.rawValue)' cannot work here: \(reason)", step: "probe",
      hint: remedy)
  }

  /// This is what a removal met after `error` had made it necessary.
  package func following(_ error: LabError) -> LabError {
    var both = error
    both.cause = [error.cause, "and then: \(self)"].compactMap(\.self).joined(separator: "; ")
    both.hint = hint ?? error.hint
    return both
  }
}

/// In reports, and as board programs print it: `{"board":…,"step":…,"code":…,"message":…,"hint":…}`.
extension LabError: Codable {
  private enum Key: String, CodingKey {
    case board, step, code, message, hint
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      // A program's failure, whatever it is, is that of an exchange.
      Code(try values.decode(String.self, forKey: .code), .exchangeFailed),
      try values.decode(String.self, forKey: .message),
      board: try values.decodeIfPresent(String.self, forKey: .board),
      step: try values.decode(String.self, forKey: .step),
      hint: try values.decodeIfPresent(String.self, forKey: .hint))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encodeIfPresent(board, forKey: .board)
    try values.encode(step ?? "run", forKey: .step)
    try values.encode(code.name, forKey: .code)
    try values.encode(told, forKey: .message)
    try values.encodeIfPresent(hint, forKey: .hint)
  }
}
