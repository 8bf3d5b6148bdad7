import CLibvirt
import LabCore
import VMKit

/// The board's link: the interface that its machine has on the lab's network.
extension LibvirtBoard: LinkControl {
  /// As a pulled cable does: the board keeps its address and loses its carrier.
  func setLink(up: Bool) async throws(LabError) {
    guard try await isOn(step: "link") else { throw switchedOff(step: "link") }
    let mac = "\(labMAC)"
    try await libvirt(.setLink(up: up)) { domain throws(LibvirtError) in
      // The device as it is, with all that libvirt has added to it, and another state.
      let interfaces = try XML.description(try domain.xml()).all("devices/interface")
      guard let interface = interfaces.first(where: { $0.first("mac")?["address"] == mac }) else {
        throw LibvirtError(
          code: VIR_ERR_OPERATION_FAILED, description: "the machine has no interface \(mac)")
      }
      for link in interface.elements(forName: "link") { link.detach() }
      interface.addChild(XML.element("link", ["state": up ? "up" : "down"]))
      try domain.update(device: XML.text(interface))
    }
  }
}
