import Glibc

/// The operating system's own words for an error number.
struct SystemError: Error, CustomStringConvertible {
  var number: Int32

  static var last: SystemError { SystemError(number: errno) }

  var description: String { String(cString: strerror(number)) }
}
