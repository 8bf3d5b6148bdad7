import CLibvirt
import Foundation
import LabCore
import VMKit

//  Every machine has a qcow2 overlay, and QEMU keeps memory, devices and disk as of one moment in it.

extension LibvirtBoard {
  static var revertsWhileOn: Bool { true }

  var restoreTimeout: Duration { .seconds(60) }

  func pause() async throws(LabError) {
    try await libvirt(.pause) { domain throws(LibvirtError) in try domain.suspend() }
  }

  func resume(step: String) async throws(LabError) {
    try await libvirt(.resume(step: step)) { domain throws(LibvirtError) in try domain.resume() }
  }

  func keepState(_ name: String) async throws(LabError) {
    let xml = XML.text(XML.element("domainsnapshot", [XML.element("name", text: name)]))
    try await libvirt(.keepState) { domain throws(LibvirtError) in try domain.makeSnapshot(xml) }
  }

  func revert(to name: String) async throws(LabError) {
    try await libvirt(.revert) { domain throws(LibvirtError) in try domain.revert(to: name) }
  }

  func deleteState(_ name: String) async throws(LabError) {
    try await libvirt(.deleteState) { domain throws(LibvirtError) in
      try domain.deleteSnapshot(name)
    }
  }

  func states() async throws(LabError) -> [String] {
    let domain = domain
    return try await libvirt(
      .snapshotFailed, "cannot ask libvirt for snapshots", step: "snapshot"
    ) { () throws(LibvirtError) in try domain.snapshots() }
  }
}

extension LibvirtDomain {
  fileprivate func makeSnapshot(_ xml: String) throws(LibvirtError) {
    let snapshot = try SchemaRace.overcome { () throws(LibvirtError) in
      try checked(
        virDomainSnapshotCreateXML(pointer, xml, flag(VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE)))
    }
    virDomainSnapshotFree(snapshot)
  }

  /// Names, the oldest first.
  fileprivate func snapshots() throws(LibvirtError) -> [String] {
    var list: UnsafeMutablePointer<virDomainSnapshotPtr?>?
    let count = try checked(
      virDomainListAllSnapshots(pointer, &list, flag(VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL)))
    defer { free(list) }
    var names: [String] = []
    for index in 0..<Int(count) {
      guard let snapshot = list?[index] else { continue }
      if let name = virDomainSnapshotGetName(snapshot) { names.append(String(cString: name)) }
      virDomainSnapshotFree(snapshot)
    }
    return names
  }

  /// Leaves the machine paused. Its generation id changes, and its kernel mixes that into its random numbers.
  fileprivate func revert(to name: String) throws(LibvirtError) {
    try withSnapshot(name) { snapshot throws(LibvirtError) in
      // QEMU starts anew: not every difference of the machine's devices can be undone inside.
      let flags = flag(VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED, VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)
      try checked(virDomainRevertToSnapshot(snapshot, flags))
    }
  }

  fileprivate func deleteSnapshot(_ name: String) throws(LibvirtError) {
    do throws(LibvirtError) {
      try withSnapshot(name) { snapshot throws(LibvirtError) in
        try checked(virDomainSnapshotDelete(snapshot, 0))
      }
    } catch {
      if !error.isAbsence { throw error }
    }
  }

  private func withSnapshot(
    _ name: String, _ body: (virDomainSnapshotPtr) throws(LibvirtError) -> Void
  ) throws(LibvirtError) {
    let snapshot = try checked(virDomainSnapshotLookupByName(pointer, name, 0))
    defer { virDomainSnapshotFree(snapshot) }
    try body(snapshot)
  }
}
