import CLibvirt
import Foundation
import LabCore
import VMKit

//  Every machine has a qcow2 overlay, and QEMU keeps memory, devices and disk as of one moment in it. All machines
//  are paused meanwhile, so that the lab as a whole is of one moment.

extension LibvirtLab: Snapshotting {
  func snapshot(_ name: String) async throws(LabError) {
    try await checkSnapshotIsNew(name)
    try await checkAllOn()
    try await everywhere("cannot pause the machine", step: "snapshot") {
      (domain) throws(LibvirtError) in try domain.suspend()
    }
    var failure: LabError?
    do throws(LabError) {
      let xml = Self.description(name)
      try await everywhere("cannot keep its state", step: "snapshot") {
        (domain) throws(LibvirtError) in try domain.makeSnapshot(xml)
      }
    } catch { failure = error }
    do throws(LabError) {
      try await everywhere("cannot let the machine go on", step: "snapshot") {
        (domain) throws(LibvirtError) in try domain.resume()
      }
    } catch { failure = failure ?? error }
    guard let failure else { return }
    // What some machines have kept is of no use.
    do throws(LabError) { try await deleteSnapshot(name) } catch {
      if error.code != .noSuchSnapshot { throw error.following(failure) }
    }
    throw failure
  }

  func restore(_ name: String) async throws(LabError) {
    try await checkSnapshot(name)
    // They end with the machines as they are now.
    try await forEachBoard { board in await board.ssh.connection.close() }
    try await everywhere("cannot bring its state back", step: "restore") {
      (domain) throws(LibvirtError) in try domain.revert(to: name)
    }
    try await everywhere("cannot let the machine go on", step: "restore") {
      (domain) throws(LibvirtError) in try domain.resume()
    }
    let timeout = Duration.seconds(60)
    try await forEachBoard { board throws(LabError) in
      try await board.waitUntilReady(.now + timeout, timeout: timeout, step: "restore")
      try await board.ssh.reseed()
    }
  }

  func snapshots() async throws(LabError) -> [String] {
    guard let first = inventory.domains.first?.domain else { return [] }
    do {
      return try await LibvirtConnection.blocking { () throws(LibvirtError) in
        try first.snapshots()
      }
    } catch {
      throw LabError(
        .snapshotFailed, "cannot ask libvirt for snapshots", step: "snapshot",
        cause: error.description)
    }
  }

  func deleteSnapshot(_ name: String) async throws(LabError) {
    try await checkSnapshot(name)
    try await everywhere("cannot delete its snapshot", step: "snapshot") {
      (domain) throws(LibvirtError) in try domain.deleteSnapshot(name)
    }
  }

  private func checkAllOn() async throws(LabError) {
    for board in record.boards {
      let machine = try machine(board.name)
      guard try await machine.isOn(step: "snapshot") else {
        throw machine.switchedOff(step: "snapshot")
      }
    }
  }

  private static func description(_ name: String) -> String {
    XML.text(XML.element("domainsnapshot", [XML.element("name", text: name)]))
  }

  /// A call of libvirt about each machine, at once.
  private func everywhere(
    _ message: String, step: String,
    _ body: @escaping @Sendable (LibvirtDomain) throws(LibvirtError) -> Void
  ) async throws(LabError) {
    try await forEachBoard { board throws(LabError) in
      let domain = board.domain
      try await board.libvirt(.snapshotFailed, message, step: step) { () throws(LibvirtError) in
        try body(domain)
      }
    }
  }
}

extension LibvirtDomain {
  fileprivate func makeSnapshot(_ xml: String) throws(LibvirtError) {
    virDomainSnapshotFree(
      try checked(
        virDomainSnapshotCreateXML(pointer, xml, flag(VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE))))
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
