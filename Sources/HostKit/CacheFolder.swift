import Foundation

/// Where pilab keeps what it can make again: board images, packages, what was found out of this machine.
public enum CacheFolder {
  /// `pilab` in XDG_CACHE_HOME, which counts only where it is absolute (XDG Base Directory Specification); else in
  /// `.cache` of HOME. Nil where the environment names neither.
  public static func path(_ environment: [String: String]) -> String? {
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return "\(folder)/pilab"
    }
    return environment["HOME"].map { "\($0)/.cache/pilab" }
  }

  /// This process's; without HOME in the folder that the system knows for its user.
  public static var own: String {
    path(ProcessInfo.processInfo.environment) ?? "\(NSHomeDirectory())/.cache/pilab"
  }
}
