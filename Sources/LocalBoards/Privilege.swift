import Foundation

/// Whether this process may make namespaces by itself.
package enum Privilege {
  /// CAP_SYS_ADMIN of linux/capability.h.
  private static let administration: UInt64 = 1 << 21

  /// Root in a container often lacks what root of the machine has, so the capability counts and not the user.
  package static var needsUserNamespace: Bool {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
      let digits = line.split(separator: "\t").last,
      let effective = UInt64(digits, radix: 16)
    else { return true }
    return effective & administration == 0
  }
}
