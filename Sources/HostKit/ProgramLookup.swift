import Foundation

/// What looks up programs of this machine by their names.
public protocol ProgramLookup: Sendable {
  /// Folders, as in PATH.
  var searchPath: String { get }
}

extension ProgramLookup {
  /// The caller's PATH, and the folders of system programs, which the PATH of ordinary users often lacks.
  public static var standardSearchPath: String {
    let own = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return own + ":/usr/local/sbin:/usr/sbin:/sbin"
  }

  /// The place of a program that may be executed; nil where there is none.
  public func path(of name: String) -> String? {
    searchPath.split(separator: ":").lazy.map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
