import Foundation
import FoundationXML
import LabCore
import VMKit

/// libvirt's XML for the lab's network, its pool and the volumes in it.
enum StorageDescription {
  static func network(_ record: LabRecord) -> String {
    let names = LibvirtNames(record)
    // Without an address this machine is not on the network, and no DHCP server runs.
    return XML.text(
      XML.element(
        "network",
        [
          XML.element("name", text: names.network),
          XML.element("metadata", [NetworkMark(record).element]),
          XML.element("bridge", ["name": names.bridge, "stp": "off", "delay": "0"]),
        ]))
  }

  /// - Parameter folder: made when the pool is started.
  static func pool(named name: String, folder: String, mark: PoolMark) -> String {
    XML.text(
      XML.element(
        "pool", ["type": "dir"],
        [
          XML.element("name", text: name), XML.element("uuid", text: mark.uuid),
          XML.element(
            "target",
            [
              XML.element("path", text: folder),
              // QEMU may pass through, nobody may look round.
              XML.element("permissions", [XML.element("mode", text: "0711")]),
            ]),
        ]))
  }

  /// A file for its owner alone, filled afterwards.
  static func rawVolume(named name: String, bytes: UInt64) -> String {
    volume(named: name, bytes: bytes, format: "raw", backing: nil)
  }

  /// - Parameter backing: what it shows where nothing has been written.
  static func overlay(
    named name: String, bytes: UInt64, backing: DomainDescription.BackingFile?
  ) -> String {
    volume(named: name, bytes: bytes, format: "qcow2", backing: backing)
  }

  private static func volume(
    named name: String, bytes: UInt64, format: String, backing: DomainDescription.BackingFile?
  ) -> String {
    var children = [
      XML.element("name", text: name),
      XML.element("capacity", ["unit": "bytes"], text: "\(bytes)"),
      XML.element("allocation", text: "0"),
      XML.element(
        "target",
        [
          XML.element("format", ["type": format]),
          XML.element("permissions", [XML.element("mode", text: "0600")]),
        ]),
    ]
    if let backing {
      children.append(
        XML.element(
          "backingStore",
          [
            XML.element("path", text: backing.path),
            XML.element("format", ["type": backing.format]),
          ]))
    }
    return XML.text(XML.element("volume", children))
  }
}
