import Foundation
import FoundationXML
import LabCore
import LabValues
import VMKit

//  alice                                         bob
//  ├─ NIC "lab" ─────── isolated network, or ─────── NIC "lab"
//  │                    UDP on 127.0.0.1
//  └─ NIC "management" ── QEMU ── 127.0.0.1:port    …

/// One board as libvirt's domain XML (https://libvirt.org/formatdomain.html).
struct DomainDescription: Sendable {
  var name: String
  var mark: BoardMark
  var memory: UInt64
  var processors: Int
  var boot: Boot
  var link: LinkEndpoint
  var managementMAC: MACAddress
  /// qcow2; holds snapshots, and what the board writes to its disk.
  var overlay: String
  /// Written by virtlogd.
  var consoleLog: String
  /// Further arguments of QEMU.
  var extras: [String] = []

  enum Boot: Sendable, Equatable {
    case kernel(path: String, initramfs: String, commandLine: String)
    /// From the overlay, whose backing file is the user's disk.
    case disk(BackingFile)
    /// A CD, read-only, and beside it the empty overlay.
    case cd(path: String)
  }

  /// What the overlay's backing file is.
  struct BackingFile: Sendable, Equatable {
    var path: String
    var format: String
  }

  static let labAlias = "ua-lab"

  func xml() -> String {
    let domain = XML.element("domain", ["type": mark.engine.domainType])
    domain.declare(namespace: "http://libvirt.org/schemas/domain/qemu/1.0", as: "qemu")
    for child in [
      XML.element("name", text: name), XML.element("genid"),
      XML.element("title", text: "board \(mark.board ?? "") of lab \(mark.labName ?? "")"),
      XML.element("metadata", [mark.element()]),
      XML.element("memory", ["unit": "KiB"], text: "\(memory / 1024)"),
      XML.element("vcpu", text: "\(processors)"), system,
      XML.element("features", [XML.element("acpi")]), processor,
      XML.element("on_poweroff", text: "destroy"), XML.element("on_reboot", text: restart),
      XML.element("on_crash", text: "destroy"), XML.element("devices", devices), arguments,
    ] { domain.addChild(child) }
    return XML.text(domain)
  }

  /// A kernel that cannot start restarts at once; that must end the machine and not go round. Once the board has
  /// answered, restarts are its own affair.
  private var restart: String {
    if case .kernel = boot { "destroy" } else { "restart" }
  }

  private var system: XMLElement {
    var children = [XML.element("type", ["arch": "x86_64", "machine": "pc"], text: "hvm")]
    switch boot {
    case .kernel(let path, let initramfs, let commandLine):
      children += [
        XML.element("kernel", text: path), XML.element("initrd", text: initramfs),
        XML.element("cmdline", text: commandLine),
      ]
    case .disk: children.append(XML.element("boot", ["dev": "hd"]))
    case .cd: children.append(XML.element("boot", ["dev": "cdrom"]))
    }
    return XML.element("os", children)
  }

  /// All that the engine can do, AES instructions included.
  private var processor: XMLElement {
    XML.element("cpu", ["mode": mark.engine == .kvm ? "host-passthrough" : "maximum"])
  }

  private var devices: [XMLElement] {
    var devices = [
      overlayDisk,
      XML.element("controller", ["type": "usb", "model": "none"]),
      interface, serial,
      XML.element(
        "rng", ["model": "virtio"],
        [XML.element("backend", ["model": "random"], text: "/dev/urandom")]),
      XML.element("memballoon", ["model": "none"]),
      XML.element("video", [XML.element("model", ["type": "none"])]),
    ]
    if case .cd(let path) = boot { devices.insert(Self.cd(path), at: 1) }
    return devices
  }

  private var overlayDisk: XMLElement {
    var children = [
      // What is on it lives no longer than the lab, so nothing waits for this machine's disk.
      XML.element(
        "driver",
        [
          "name": "qemu", "type": "qcow2", "cache": "unsafe", "discard": "unmap",
          // The board is told, where QEMU would stop the machine until somebody has made room.
          "error_policy": "report",
        ]),
      XML.element("source", ["file": overlay]),
    ]
    if case .disk(let disk) = boot {
      children.append(
        XML.element(
          "backingStore", ["type": "file"],
          [
            XML.element("format", ["type": disk.format]),
            XML.element("source", ["file": disk.path], [Self.unlabelled]),
            XML.element("backingStore"),
          ]))
    }
    children.append(XML.element("target", ["dev": "vda", "bus": "virtio"]))
    return XML.element("disk", ["type": "file", "device": "disk"], children)
  }

  /// Else libvirt gives the user's file to the user that QEMU runs as.
  private static var unlabelled: XMLElement {
    XML.element("seclabel", ["model": "dac", "relabel": "no"])
  }

  private static func cd(_ path: String) -> XMLElement {
    XML.element(
      "disk", ["type": "file", "device": "cdrom"],
      [
        XML.element("driver", ["name": "qemu", "type": "raw"]),
        XML.element("source", ["file": path], [unlabelled]),
        XML.element("target", ["dev": "hda", "bus": "ide"]), XML.element("readonly"),
      ])
  }

  /// The board's interface on the lab's network.
  private var interface: XMLElement {
    var children = link.mac.map { [XML.element("mac", ["address": "\($0)"])] } ?? []
    let type: String
    switch link.carrier {
    case .network(let name):
      type = "network"
      children.append(XML.element("source", ["network": name]))
    case .pair(let local, let remote), .hub(let local, let remote):
      type = "udp"
      children.append(
        XML.element(
          "source", ["address": "127.0.0.1", "port": "\(remote)"],
          [XML.element("local", ["address": "127.0.0.1", "port": "\(local)"])]))
    case .thisMachine, .bridgePort:
      preconditionFailure("DomainPlan joins machines by networks and ports")
    }
    children += [
      XML.element("model", ["type": "virtio"]),
      XML.element("link", ["state": "up"]),
      XML.element("alias", ["name": Self.labAlias]),
      // No boot from the network, and no time for its firmware.
      XML.element("rom", ["enabled": "no"]),
    ]
    return XML.element("interface", ["type": type], children)
  }

  private var serial: XMLElement {
    XML.element(
      "serial", ["type": "pty"],
      [
        XML.element("log", ["file": consoleLog, "append": "on"]),
        XML.element("target", ["port": "0"]),
      ])
  }

  /// libvirt 9 has no forwards for user networking. `restrict` keeps the board from this machine and the world.
  private var arguments: XMLElement {
    let forward = "hostfwd=tcp:127.0.0.1:\(mark.port)-:22"
    let list =
      [
        "-netdev", "user,id=management,restrict=on,ipv6=off,\(forward)",
        "-device",
        "virtio-net-pci,netdev=management,id=management,mac=\(managementMAC),addr=0x1d,romfile=",
      ] + extras
    return XML.element(
      "qemu:commandline", list.map { XML.element("qemu:arg", ["value": $0]) })
  }
}
