import Foundation

/// A process of this machine and those it started, by /proc.
package enum ProcessTree {
  /// The process, its children, theirs, and so on.
  package static func members(of root: pid_t) -> [pid_t] {
    [root] + children(of: root).flatMap { members(of: $0) }
  }

  /// What the process has started itself and still runs.
  package static func children(of parent: pid_t) -> [pid_t] {
    let path = "/proc/\(parent)/task/\(parent)/children"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: " ").compactMap { pid_t($0) }
  }
}
