import Foundation
import HostKit
import LabCore
import LabValues
import LocalBoards

/// Finds out whether namespaces can be made here by making some, and if not, what would help.
struct NamespaceProbe: Sendable {
  let tools: Tool

  private static let needed = ["ip", "unshare", "nsenter", "mount", "sh", "sleep", "hostname"]
  /// Exercises each kind of thing that a lab needs.
  private static let trial = """
    mount -n -t tmpfs pilab /run && mkdir /run/netns && ip -batch - <<END
    link add lab type bridge
    netns add 1
    link add b1 master lab type veth peer name eth0 netns 1
    END
    [ $? = 0 ] && unshare --mount --uts hostname board || exit
    tc qdisc add dev lo root netem delay 1ms 2>/dev/null || echo \(withoutNetem)
    """
  private static let withoutNetem = "no netem"

  /// Only whether the tools are there.
  func precheck() -> BackendProbe {
    let missing = Self.needed.filter { tools.path(of: $0) == nil }
    guard !missing.isEmpty else {
      // ip mounts the boards' own there.
      guard NamespaceHolder.inode("/sys") == nil else { return .available }
      return .unavailable(
        reason: "there is no /sys here", remedy: "sudo mkdir /sys && sudo mount -t sysfs sysfs /sys"
      )
    }
    return .unavailable(
      reason: "not installed: \(missing.joined(separator: ", "))", remedy: Remedy.install(missing))
  }

  func run() async -> BackendProbe {
    let tools = precheck()
    guard tools.isAvailable else { return tools }
    return await tryOut()
  }

  private func tryOut() async -> BackendProbe {
    let ownUser = Privilege.needsUserNamespace
    do {
      let outcome = try await tools.run(
        NamespaceScript.unshare(ownUserNamespace: ownUser) + ["--fork", "sh", "-c", Self.trial])
      guard !outcome.succeeded else {
        return outcome.output.contains(Self.withoutNetem) ? withoutNetem : .available
      }
      return refusal(ownUser: ownUser, words: outcome.errors)
    } catch {
      return .unavailable(
        reason: "cannot try: \(ErrorWords.words(of: error))",
        remedy: SystemFault(error, .start).hint)
    }
  }

  /// What boards' links cannot have then.
  private var withoutNetem: BackendProbe {
    let possible = NamespaceBoard.possibleWithoutNetem(tools)
    let lacking = LinkImpairment.Kind.allCases.filter { !possible.contains($0) }
    let why =
      tools.path(of: "tc") == nil
      ? "tc is not installed (remedy: \(Remedy.install(["tc"])))" : "the kernel has no sch_netem"
    return .limited(
      lacking: "links cannot have \(lacking.map(\.rawValue).joined(separator: ", ")): \(why)")
  }

  /// Settings that forbid user namespaces, the forbidding value, and what allows them.
  private static let settings = [
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
    (
      "kernel/apparmor_restrict_unprivileged_userns", "1",
      "kernel.apparmor_restrict_unprivileged_userns=0"
    ),
  ]

  private func refusal(ownUser: Bool, words: String) -> BackendProbe {
    if let chroot = Chroot.refusal(ownUser: ownUser) {
      return .unavailable(reason: "\(chroot.reason): \(words)", remedy: chroot.remedy)
    }
    guard ownUser else {
      return .unavailable(
        reason: "namespaces cannot be made: \(words)", remedy: ToolWords.hint(words, path: "/run"))
    }
    for (setting, forbidding, allowing) in Self.settings {
      let value = try? String(contentsOfFile: "/proc/sys/\(setting)", encoding: .utf8)
      guard value?.trimmingCharacters(in: .whitespacesAndNewlines) == forbidding else { continue }
      return .unavailable(
        reason: "user namespaces are switched off for ordinary users: \(words)",
        remedy: "sudo sysctl -w \(allowing)")
    }
    return .unavailable(
      reason: "not root, and user namespaces cannot be made: \(words)",
      remedy: "run pilab as root")
  }
}
