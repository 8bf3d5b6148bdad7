import LabCore

extension Machine {
  /// Pulls the plug: nothing on the board is told. One that is off stays so.
  package func switchOff() async throws(LabError) {
    if try await isOn(step: "kill") { try await powerOff() }
    // After the plug: whoever else uses the connection will ask why it has ended.
    await disconnect()
  }

  /// A machine that runs gets a reset, after what waits for its disk has been written; one that is off is switched on.
  /// - Throws: `.bootFailed` where it does not answer then.
  package func restart() async throws(LabError) {
    let isOn = try await isOn(step: "reboot")
    if isOn { await flushDisks() }
    await disconnect()
    if isOn, survivesReset {
      try await reset()
    } else {
      if isOn { try await switchOff() }
      try await powerOn()
    }
    try await waitUntilReady(until: .now + rebootTimeout, timeout: rebootTimeout, step: "reboot")
    try await configure()
  }
}
