import Glibc
import HostKit

/// The operating system's own words for an error number.
public struct SystemError: ErrnoCarrying, CustomStringConvertible {
  public var number: Int32

  public var errorNumber: Int32? { number }

  static var last: SystemError { SystemError(number: errno) }

  public var description: String { String(cString: strerror(number)) }
}
