import Foundation
import HostKit
import LabCore
import LabRun

/// Standard output and standard error, and what the user's terminal can show.
enum Console {
  /// Writes to standard output. That nobody reads any more is no error; that it cannot be stored is.
  static func print(_ text: String) throws(LabError) { try print(Data(text.utf8)) }

  static func print(_ data: Data) throws(LabError) {
    do throws(SystemError) { try Descriptor.write(Array(data), to: STDOUT_FILENO) } catch {
      guard error.number != EPIPE else { return }
      throw LabError(
        .outputFailed, "cannot write to standard output", SystemFault(error, .write))
    }
  }

  /// Writes to standard error, where there is nobody left to tell if that fails.
  static func tell(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// What a lab's keeper has to say beside its result.
  @Sendable static func note(_ event: RunEvent) {
    if case .note(let text) = event { tell("\(text)\n") }
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Colour only where a person sees it and has not asked for none (no-color.org).
  static func hasColor(_ descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    return isTerminal(descriptor) && environment["NO_COLOR", default: ""].isEmpty
      && environment["TERM"] != "dumb"
  }

  /// Columns of the terminal; 80 where there is none.
  static func width(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
