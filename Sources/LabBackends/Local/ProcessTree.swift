import Foundation
import Glibc

/// A process of this machine and those it started, by /proc.
enum ProcessTree {
  /// Sends a signal to the process and all its descendants, the youngest first, so that none is missed
  /// because its parent went before it.
  static func signal(_ signal: Int32, _ root: pid_t) {
    for child in children(of: root) { self.signal(signal, child) }
    kill(root, signal)
  }

  static func children(of parent: pid_t) -> [pid_t] {
    let path = "/proc/\(parent)/task/\(parent)/children"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: " ").compactMap { pid_t($0) }
  }
}
