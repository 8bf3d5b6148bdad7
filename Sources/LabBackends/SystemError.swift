import Glibc

/// The operating system's own words for an error number.
public struct SystemError: Error, CustomStringConvertible {
  public var number: Int32

  static var last: SystemError { SystemError(number: errno) }

  public var description: String { String(cString: strerror(number)) }
}
