import Glibc

/// What the operating system answered to a call: an error number, in the system's own words. `SystemFault` is the same
/// with the path and the deed, for people.
public struct SystemError: ErrnoCarrying, Sendable, Hashable, CustomStringConvertible {
  /// As errno(3) has it.
  public var number: Int32

  /// The error of that number.
  public init(number: Int32) { self.number = number }

  /// Of the call that this thread made last.
  public static var last: SystemError { SystemError(number: errno) }

  /// The number, for whoever takes errors of several kinds.
  public var errorNumber: Int32? { number }

  /// The system's words: "No such file or directory".
  public var description: String { String(cString: strerror(number)) }
}
