import HostKit

/// A file's place on a board, relative to the board's working folder: `images/horse.ppm`.
public struct BoardPath: Sendable, Hashable, CustomStringConvertible {
  public let description: String

  /// Nil where the path is empty, absolute, or has an empty, `.` or `..` part: it could leave the board.
  public init?(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, !path.contains("\0"),
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else { return nil }
    description = path
  }
}

/// A program on a board, its arguments, and how long it may take to end when told to.
public struct BoardCommand: Sendable, Equatable {
  public var program: BoardPath
  public var arguments: [String]
  /// Time between SIGTERM and SIGKILL on cancellation.
  public var gracePeriod: Duration

  public init(
    program: BoardPath, arguments: [String] = [], gracePeriod: Duration = .seconds(2)
  ) {
    self.program = program
    self.arguments = arguments
    self.gracePeriod = gracePeriod
  }
}

/// A command of a person on a board.
public struct ExecCommand: Sendable, Equatable {
  /// A path, from the board's working folder where it is relative, or a name that is looked up in PATH.
  public var program: String
  public var arguments: [String]
  /// The caller's input or output is a terminal. The command then shares the caller's process group, so that
  /// the terminal's own signals reach it; a caller that wants to outlive Ctrl-C ignores SIGINT and SIGQUIT.
  public var terminal: Bool
  /// Time between SIGTERM and SIGKILL on cancellation.
  public var gracePeriod: Duration

  /// Where names are looked up on boards that are processes of this machine.
  package static let searchPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  public init(
    program: String, arguments: [String] = [], terminal: Bool = false,
    gracePeriod: Duration = .seconds(2)
  ) {
    self.program = program
    self.arguments = arguments
    self.terminal = terminal
    self.gracePeriod = gracePeriod
  }
}

/// A command that runs on a board by itself, or did.
public struct DetachedCommand: Sendable, Equatable {
  /// Its words, a blank between them.
  public var command: String
  /// As the board knows it.
  public var process: Int32
  public var isRunning: Bool
  /// How it ended; nil while it runs, and where its board was lost meanwhile.
  public var status: CommandStatus?
  /// Output and errors, as they came; of very much only the end.
  public var text: String

  public init(
    command: String, process: Int32, isRunning: Bool, status: CommandStatus? = nil, text: String
  ) {
    self.command = command
    self.process = process
    self.isRunning = isRunning
    self.status = status
    self.text = text
  }
}

/// One line of what a program on a board prints.
public struct OutputLine: Sendable, Equatable {
  /// Where the program has written it.
  public enum Stream: Sendable { case standardOutput, standardError }

  public var stream: Stream
  public var text: String

  public init(_ stream: Stream, _ text: String) {
    self.stream = stream
    self.text = text
  }
}

/// What may be done with a file that is put on a board; always the board's owner alone.
public enum FileAccess: UInt32, Sendable {
  case data = 0o600
  case program = 0o700
}
