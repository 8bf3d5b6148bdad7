import LabCore
import VMKit

extension LibvirtBoard {
  var rebootTimeout: Duration { .seconds(180) }

  func isOn(step: String) async throws(LabError) -> Bool {
    try await reliably(step: step) { board throws(LabError) in
      let domain = board.domain
      return try await board.libvirt(
        .commandFailed, "cannot ask libvirt for its state", step: step
      ) { () throws(LibvirtError) in try domain.condition().isOn }
    }
  }

  func powerOff() async throws(LabError) {
    try await libvirt(.powerOff) { domain throws(LibvirtError) in try domain.powerOff() }
  }

  func powerOn() async throws(LabError) {
    try await libvirt(.restart) { domain throws(LibvirtError) in
      try domain.start(fleeting: false)
    }
  }

  func reset() async throws(LabError) {
    try await libvirt(.restart) { domain throws(LibvirtError) in try domain.reset() }
  }
}
