import Glibc

/// What the operating system refused: which error, where, and what was being done. It is said in the system's own
/// words; what helps follows from the cause.
public struct SystemFault: ErrnoCarrying, Sendable, Equatable, CustomStringConvertible {
  /// What was being done with the path.
  public enum Deed: Sendable, Equatable {
    case read, write
    /// Make a file or a folder, give it a name, or remove it: the folder it lies in has to allow that.
    case make
    case run
    /// Anything that needs no path: a thread, a process, a socket.
    case start
  }

  /// Nil where the error underneath has no number.
  public var number: Int32?
  /// The same, for whoever takes errors of several kinds.
  public var errorNumber: Int32? { number }
  /// What it was done with; nil for what has no path.
  public var path: String?
  /// What was being done.
  public var deed: Deed
  /// For errors without a number.
  private var text: String?

  /// The error of the last call, unless another is given.
  public init(_ number: Int32 = errno, path: String? = nil, _ deed: Deed) {
    self.number = number
    self.path = path
    self.deed = deed
  }

  /// What an error of a library underneath stands for.
  public init(_ error: any Error, path: String? = nil, _ deed: Deed) {
    if let fault = error as? SystemFault {
      self = fault
      self.path = fault.path ?? path
      return
    }
    self.path = path
    self.deed = deed
    number = ErrorWords.number(of: error)
    if number == nil { text = ErrorWords.words(of: error) }
  }

  /// The operating system's own words.
  public var description: String {
    if let number { return SystemError(number: number).description }
    return text ?? "unknown error"
  }

  /// What the user can do about it; nil where nothing is known.
  public var hint: String? { CauseHint.hint(for: self) }

  /// There is no room, or the limit of what this user may store is reached: nothing can be written, what is there
  /// can be removed.
  public var isLackOfSpace: Bool { [ENOSPC, EDQUOT, EFBIG].contains(number) }
}
