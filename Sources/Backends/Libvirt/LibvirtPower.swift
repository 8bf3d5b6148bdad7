import LabCore

extension LibvirtBoard: PowerControl {
  /// From the reset to the first answer.
  private static let timeout = Duration.seconds(180)

  func kill() async throws(LabError) {
    let domain = domain
    try await libvirt(.commandFailed, "cannot pull the plug", step: "kill") {
      () throws(LibvirtError) in try domain.powerOff()
    }
    // After the plug: whoever else uses the connection will ask why it has ended.
    await ssh.connection.close()
  }

  /// A machine that runs gets a reset, after what waits for its disk has been written; one that is off is
  /// switched on.
  func reboot() async throws(LabError) {
    let domain = domain
    let isOn = try await isOn(step: "reboot")
    if isOn { await ssh.flushDisks() }
    await ssh.connection.close()
    try await libvirt(.bootFailed, "cannot start it anew", step: "reboot") {
      () throws(LibvirtError) in
      if isOn { try domain.reset() } else { try domain.start(fleeting: false) }
    }
    try await waitUntilReady(.now + Self.timeout, timeout: Self.timeout, step: "reboot")
    try await configure(prefixLength: try record.libvirt.prefixLength)
  }

  func isOn(step: String) async throws(LabError) -> Bool {
    try await reliably(step: step) { board throws(LabError) in
      let domain = board.domain
      return try await board.libvirt(
        .commandFailed, "cannot ask libvirt for its state", step: step
      ) { () throws(LibvirtError) in try domain.condition().isOn }
    }
  }
}
