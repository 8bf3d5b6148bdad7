import Subprocess

/// How a program ended.
public enum CommandStatus: Sendable, Equatable {
  case exited(Int32)
  case signalled(Int32)

  /// What a child process of this one came to.
  public init(_ status: TerminationStatus) {
    switch status {
    case .exited(let code): self = .exited(code)
    case .signaled(let signal): self = .signalled(signal)
    }
  }
}
