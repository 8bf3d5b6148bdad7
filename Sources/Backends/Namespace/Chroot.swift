import Foundation

/// What keeps namespaces from being made where this process's root is not that of its mount namespace.
enum Chroot {
  static func refusal(ownUser: Bool) -> (reason: String, remedy: String)? {
    guard rootIsMountPoint else {
      return (
        "pilab runs in a chroot whose / is not a mount point, where no mount namespace can be made",
        "outside of it: sudo mount --bind DIR DIR && sudo mount --make-private DIR, then chroot again"
      )
    }
    guard ownUser, isChroot else { return nil }
    return (
      "pilab runs in a chroot, where the kernel makes no user namespaces",
      "run pilab as root in it, or outside of it"
    )
  }

  /// True also where /proc does not say.
  private static var rootIsMountPoint: Bool {
    guard let text = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8),
      !text.isEmpty
    else { return true }
    // Fields: identifier, parent, device, root, mount point. Mounts out of a chroot's reach are left out.
    return text.split(separator: "\n").contains {
      $0.split(separator: " ").dropFirst(4).first == "/"
    }
  }

  /// The kernel's first process, where it can be seen, has another root.
  private static var isChroot: Bool {
    var (own, first) = (stat(), stat())
    guard stat("/", &own) == 0, stat("/proc/1/root/", &first) == 0 else {
      // It may be seen by root alone; a user's own helpers do not live in chroots, so what unshare says decides.
      return false
    }
    return own.st_dev != first.st_dev || own.st_ino != first.st_ino
  }
}
