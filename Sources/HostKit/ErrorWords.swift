import Foundation
import Subprocess
import SystemPackage

/// An error that knows the operating system's number for it.
public protocol ErrnoCarrying: Error {
  var errorNumber: Int32? { get }
}

/// The one place where errors of libraries become words for people. Their own descriptions name domains, types and
/// cases of enumerations, which help nobody.
public enum ErrorWords {
  /// What went wrong underneath, in one line.
  public static func words(of error: any Error) -> String {
    if let number = number(of: error) { return SystemError(number: number).description }
    switch error {
    case let error as DecodingError: return words(of: error)
    case EncodingError.invalidValue(_, let context): return context.debugDescription
    case let error as SubprocessError: return words(of: error)
    case is CancellationError: return "told to stop"
    case is CocoaError, is URLError, is POSIXError: return "the system does not say why"
    case let error as any CustomStringConvertible & Error: return error.description
    default: return "unknown error of kind \(type(of: error))"
    }
  }

  /// The operating system's number, where there is one underneath.
  static func number(of error: any Error) -> Int32? {
    switch error {
    case let error as SystemFault: return error.number
    case let error as any ErrnoCarrying: return error.errorNumber
    case let error as Errno: return error.rawValue
    case let error as POSIXError: return error.code.rawValue
    case let error as SubprocessError:
      if let number = error.underlyingError?.rawValue, number != 0 { return number }
      return error.code == .executableNotFound ? ENOENT : nil
    case let error as CocoaError: return number(of: error)
    default:
      let bridged = error as NSError
      return bridged.domain == NSPOSIXErrorDomain ? Int32(bridged.code) : nil
    }
  }

  private static func number(of error: CocoaError) -> Int32? {
    if let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error,
      let number = number(of: underlying)
    {
      return number
    }
    return switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
    case .fileReadNoPermission, .fileWriteNoPermission: EACCES
    case .fileWriteFileExists: EEXIST
    case .fileWriteOutOfSpace: ENOSPC
    case .fileWriteVolumeReadOnly: EROFS
    case .fileReadTooLarge: EFBIG
    default: nil
    }
  }

  private static func words(of error: DecodingError) -> String {
    let context: DecodingError.Context
    switch error {
    case .dataCorrupted(let found), .keyNotFound(_, let found), .typeMismatch(_, let found),
      .valueNotFound(_, let found):
      context = found
    @unknown default: return "it is not what was expected"
    }
    let place = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (place.isEmpty ? "" : "\(place): ") + context.debugDescription
  }

  private static func words(of error: SubprocessError) -> String {
    switch error.code {
    case .spawnFailed: "no process could be started"
    case .failedToChangeWorkingDirectory: "its working folder cannot be entered"
    case .outputLimitExceeded: "it printed more than pilab reads"
    case .failedToMonitorProcess: "its end could not be waited for"
    default: "its output or input could not be passed on"
    }
  }
}
