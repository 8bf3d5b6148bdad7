import Glibc
import HostKit
import LabCore

extension VirtualBoxBoard: PowerControl {
  func kill() async throws(LabError) {
    guard try await condition(step: "kill").isOn else { return await ssh.connection.close() }
    try await virtualBox(.commandFailed, "cannot pull the plug", step: "kill") {
      () throws(VBoxError) in
      do throws(VBoxError) { try await host.manage.change(["controlvm", uuid, "poweroff"]) } catch {
        // It went off by itself.
        if error.kind != .wrongState { throw error }
      }
      try await host.waitUntilFree(uuid)
    }
    // After the plug: whoever else uses the connection will ask why it has ended.
    await ssh.connection.close()
  }

  /// A machine that runs gets a reset, after what waits for its disk has been written; one that is off is
  /// switched on. Without its driver VirtualBox 7.2 does not survive the reset of a machine whose state was brought back,
  /// so that one is switched off and on.
  func reboot() async throws(LabError) {
    let isOn = try await condition(step: "reboot").isOn
    if isOn { await ssh.flushDisks() }
    await ssh.connection.close()
    if isOn, mark.engine == .driver {
      try await virtualBox(.bootFailed, "cannot start it anew", step: "reboot") {
        () throws(VBoxError) in try await host.manage.change(["controlvm", uuid, "reset"])
      }
    } else {
      if isOn { try await kill() }
      try await starter.start(uuid, name, number, mark.engine)
    }
    try await waitUntilReady(mark.engine.bootTimeout, step: "reboot")
    try await configure(prefixLength: try record.virtualBox.prefixLength)
  }

  var starter: VirtualBoxStarter {
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
    try await virtualBox(
      .notImpaired, "cannot take the link \(up ? "up" : "down")", step: "link"
    ) { () throws(VBoxError) in
      try await host.manage.change(
        isOn
          ? ["controlvm", uuid, "setlinkstate1", state]
          : ["modifyvm", uuid, "--cableconnected1", state])
    }
  }
}

extension VirtualBoxBoard: DiskBacked {
  func freeSpace(
    in folder: BoardPath?, replacing files: [BoardPath]
  ) async throws(LabError) -> UInt64 { try await spaceInside(folder, replacing: files) }

  func diskFolder() async throws(LabError) -> BoardPath? {
    mark.hasUserDisk ? nil : try await imageDiskFolder()
  }

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
