import Foundation
import FoundationXML
import HostKit
import LabCore
import VMKit

/// A libvirt daemon of this machine, and what kind it is.
struct LibvirtHost: Sendable {
  let connection: LibvirtConnection
  let uri: String
  /// QEMU runs as another user than the caller, who can look into none of the caller's private folders, and the
  /// daemon may make networks of this machine.
  let isPrivileged: Bool

  /// What libvirt's own tools would take for this user.
  static func standardURI(_ environment: [String: String]) -> String {
    if let uri = environment["LIBVIRT_DEFAULT_URI"], !uri.isEmpty { return uri }
    return geteuid() == 0 ? "qemu:///system" : "qemu:///session"
  }

  /// The folder in which libvirt looks for the socket of this user's daemon (virGetUserRuntimeDirectory).
  static func sessionPlace(_ environment: [String: String]) -> String {
    for variable in ["XDG_RUNTIME_DIR", "XDG_CACHE_HOME"] {
      if let folder = environment[variable], !folder.isEmpty { return "\(folder)/libvirt" }
    }
    return "\(environment["HOME"] ?? NSHomeDirectory())/.cache/libvirt"
  }

  /// - Throws: `.unavailable`, saying what to install, how to start the daemon or how to be let in.
  static func open(
    _ uri: String, _ library: LibvirtLibrary = LibvirtLibrary()
  ) async throws(LabError) -> LibvirtHost {
    try checkLocal(uri)
    try library.load()
    do throws(LibvirtError) {
      return try await LibvirtConnection.blocking { () throws(LibvirtError) in
        let connection = try LibvirtConnection(uri: uri)
        return LibvirtHost(
          connection: connection, uri: uri,
          isPrivileged: try Self.isPrivileged(try connection.capabilities()))
      }
    } catch {
      throw refusal(uri, error)
    }
  }

  /// Only a privileged daemon runs QEMU as a user of its own, and says which.
  private static func isPrivileged(_ capabilities: String) throws(LibvirtError) -> Bool {
    let models = try XML.description(capabilities).all("host/secmodel")
    return models.contains { model in
      model.first("model")?.stringValue == "dac" && model.first("baselabel") != nil
    }
  }

  /// Boards are reached by forwards on the daemon's 127.0.0.1, which has to be ours.
  private static func checkLocal(_ uri: String) throws(LabError) {
    guard let parts = URLComponents(string: uri), let scheme = parts.scheme else {
      throw LabError(
        .unavailable, "'\(uri)' is not a connection URI of libvirt", step: "connect",
        hint: "for example qemu:///system or qemu:///session")
    }
    guard ["", "localhost", "127.0.0.1"].contains(parts.host ?? "") else {
      throw LabError(
        .unavailable, "'\(uri)' is the libvirt of another machine", step: "connect",
        hint:
          "boards are reached by ports of this machine; name one of this machine: qemu:///system")
    }
    guard ["qemu", "qemu+unix", "test"].contains(scheme) else {
      throw LabError(
        .unavailable, "'\(uri)' is not a libvirt with QEMU", step: "connect",
        hint: "for example qemu:///system or qemu:///session")
    }
  }

  private static func refusal(_ uri: String, _ error: LibvirtError) -> LabError {
    LabError(
      .unavailable, "cannot reach libvirt at \(uri)", step: "connect",
      hint: remedy(uri, error), cause: error.description)
  }

  /// Whether an error of `open` says that no daemon runs, or not now.
  static func isAbsence(_ error: LabError) -> Bool {
    error.code == .unavailable && error.cause.map(saysAbsent) == true
  }

  private static func saysAbsent(_ words: String) -> Bool {
    ["No such file", "Connection refused", "Connection reset", "End of file"]
      .contains { words.contains($0) }
  }

  /// The one command that would help.
  private static func remedy(_ uri: String, _ error: LibvirtError) -> String? {
    let words = error.description
    // The client of a session works in the user's own folders, and there is no group to join.
    if words.contains("Cannot create"), let hint = ToolWords.hint(words) { return hint }
    if words.contains("Permission denied") || words.contains("authentication")
      || words.contains("polkit") || words.contains("system bus")
    {
      return
        "sudo usermod -aG libvirt \(NSUserName())   (then log in again; or use qemu:///session)"
    }
    guard saysAbsent(words) else { return nil }
    guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/libvirtd") else {
      return Remedy.install(programs)
    }
    let hasServiceManager = FileManager.default.fileExists(atPath: "/run/systemd/system")
    return hasServiceManager
      ? "sudo systemctl start virtlogd libvirtd" : "sudo sh -c 'virtlogd -d; libvirtd -d'"
  }

  /// What machines of libvirt take.
  static let programs = ["libvirtd", "qemu-system-x86_64", "qemu-img", "dnsmasq"]

  /// Where the daemon may keep files of a lab.
  func poolFolder(_ names: LibvirtNames, in record: LabRecord) -> String {
    isPrivileged
      ? "/var/lib/libvirt/images/\(names.pool)" : "\(MachineFolder(record).path)/volumes"
  }
}
