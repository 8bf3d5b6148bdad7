import Glibc
import HostKit
import LabCore
import VMKit

extension VirtualBoxBoard {
  var rebootTimeout: Duration { mark.engine.bootTimeout }

  func isOn(step: String) async throws(LabError) -> Bool { try await condition(step: step).isOn }

  func isAtWork(step: String) async throws(LabError) -> Bool {
    try await condition(step: step) == .running
  }

  func powerOff() async throws(LabError) {
    try await virtualBox(.powerOff) { () throws(VBoxError) in
      do throws(VBoxError) { try await host.manage.change(["controlvm", uuid, "poweroff"]) } catch {
        // It went off by itself.
        if error.kind != .wrongState { throw error }
      }
      try await host.waitUntilFree(uuid)
    }
  }

  func powerOn() async throws(LabError) {
    try await starter.start(uuid, name, number, mark.engine)
  }

  func reset() async throws(LabError) {
    try await virtualBox(.restart) { () throws(VBoxError) in
      try await host.manage.change(["controlvm", uuid, "reset"])
    }
  }

  /// Without its driver VirtualBox 7.2 does not survive the reset of a machine whose state was brought back.
  var survivesReset: Bool { mark.engine == .driver }

  private var starter: VirtualBoxStarter {
    VirtualBoxStarter(
      record: record, host: host,
      backend: VirtualBoxBackend(
        environment: host.manage.environment, searchPath: host.manage.tools.searchPath))
  }
}

/// The board's link: adapter 1 of its machine.
extension VirtualBoxBoard: LinkControl {
  /// As a pulled cable does: the board keeps its address and loses its carrier.
  func setLink(up: Bool) async throws(LabError) {
    let isOn = try await condition(step: "link").isOn
    let state = up ? "on" : "off"
    try await virtualBox(.setLink(up: up)) { () throws(VBoxError) in
      try await host.manage.change(
        isOn
          ? ["controlvm", uuid, "setlinkstate1", state]
          : ["modifyvm", uuid, "--cableconnected1", state])
    }
  }
}

extension VirtualBoxBoard {
  func roomForDisks() async throws(LabError) -> UInt64 {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else {
      throw LabError(
        .commandFailed, "cannot ask what room there is in \(folder.path)", board: name,
        step: "space", cause: SystemError.last.description)
    }
    // A file system without blocks, as ramfs, tells no size and has no limit.
    return status.f_blocks == 0 ? .max : UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }
}
