import CLibvirt
import HostKit
import LabCore

/// libvirt's library. pilab starts without it, and loads it before the first connection.
struct LibvirtLibrary: Sendable {
  /// As dlopen takes it: a name that the system looks for, or a path.
  var file = "libvirt.so.0"

  /// Once serves the process; more often does no harm.
  /// - Throws: `.unavailable` where it is missing or older than what is called, with the packages to install.
  func load() throws(LabError) {
    var reason: UnsafePointer<CChar>?
    let loading = libvirt_load(file, &reason)
    let words = reason.map { String(cString: $0) }
    switch loading {
    case LIBVIRT_LOADED: return
    case LIBVIRT_FUNCTION_MISSING:
      throw LabError(
        .unavailable, "\(file) is too old: pilab needs libvirt 9 or later", step: "connect",
        hint: Remedy.upgrade(["libvirt.so.0"]), cause: words.map { "it has no \($0)" }
      )
    default:
      throw LabError(
        .unavailable, "cannot load libvirt", step: "connect",
        hint: Remedy.install(LibvirtHost.programs), cause: words)
    }
  }
}
