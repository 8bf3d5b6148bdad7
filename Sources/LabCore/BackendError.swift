import HostKit
import LabValues

/// What went wrong with a board or a backend, where, and what to do next.
public struct BackendError: Error, Sendable, CustomStringConvertible {
  /// Extensible: a backend may add codes of its own.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The backend cannot do this at all; see its abilities.
    public static let unsupported = Code(rawValue: "unsupported")
    /// The backend cannot work on this machine, or not now.
    public static let unavailable = Code(rawValue: "backend_unavailable")
    public static let boardNotCreated = Code(rawValue: "board_not_created")
    public static let boardNotRemoved = Code(rawValue: "board_not_removed")
    /// A lab that was made is not there any more, or not as a whole.
    public static let broken = Code(rawValue: "lab_broken")
    public static let notImpaired = Code(rawValue: "link_not_changed")
    public static let notCaptured = Code(rawValue: "not_captured")
    public static let noSuchBoard = Code(rawValue: "no_such_board")
    public static let commandFailed = Code(rawValue: "command_failed")
    public static let fileNotCopied = Code(rawValue: "file_not_copied")
    public static let snapshotFailed = Code(rawValue: "snapshot_failed")
    public static let noSuchSnapshot = Code(rawValue: "no_such_snapshot")
    /// A board does not answer in the time it has for starting.
    public static let bootFailed = Code(rawValue: "boot_failed")
    /// A board is switched off.
    public static let switchedOff = Code(rawValue: "board_switched_off")
    public static let noConsole = Code(rawValue: "no_console")
    public static let cancelled = Code(rawValue: "cancelled")
  }

  public var code: Code
  public var message: String
  public var board: String?
  /// What was being done: `create`, `attach`, `run`, `exec`, `put`, `get`, `link`, `capture`, `destroy`.
  public var step: String
  public var hint: String?
  /// The error of the tool or system call underneath, in its own words.
  public var cause: String?

  public init(
    _ code: Code, _ message: String, board: String? = nil, step: String, hint: String? = nil,
    cause: String? = nil
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
  package init(
    _ code: Code, _ message: String, _ fault: SystemFault, board: String? = nil, step: String,
    hint: String? = nil
  ) {
    self.init(
      code, message, board: board, step: step, hint: fault.hint ?? hint, cause: fault.description)
  }

  public var description: String {
    var text = board.map { "board '\($0)': " } ?? ""
    text += message
    if let cause { text += ": \(cause)" }
    return text
  }

  /// The board, or the way to it, is not there any more; what was asked of it may be in order.
  public var isLossOfBoard: Bool {
    [.switchedOff, .broken, .boardUnreachable, .connectionLost].contains(code)
  }

  /// What a probe found to be in the way.
  package static func cannotWork(_ mode: LabMode, _ reason: String, _ remedy: String?)
    -> BackendError
  {
    BackendError(
      .unavailable, "mode '\(mode.rawValue)' cannot work here: \(reason)", step: "probe",
      hint: remedy)
  }
}

extension BackendError {
  /// This is what a removal met after `error` had made it necessary.
  package func following(_ error: BackendError) -> BackendError {
    var both = error
    both.cause = [error.cause, "and then: \(self)"].compactMap(\.self).joined(separator: "; ")
    both.hint = hint ?? error.hint
    return both
  }
}

extension BackendError.Code {
  /// Nothing answers as an SSH server where the board should.
  package static let boardUnreachable = Self(rawValue: "board_unreachable")
  package static let hostKeyChanged = Self(rawValue: "host_key_changed")
  package static let sshKeyRefused = Self(rawValue: "ssh_key_refused")
  package static let connectionLost = Self(rawValue: "connection_lost")
}
