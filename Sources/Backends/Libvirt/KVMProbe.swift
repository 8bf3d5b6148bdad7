import Foundation
import FoundationXML
import Glibc
import HostKit
import LabCore
import VMKit

//  pilab ──libvirt──▶ QEMU, KVM: boot sector ──serial port──UDP──▶ pilab
//
//  /dev/kvm may be there, open, and make virtual machines that never get anywhere: as inside many other virtual
//  machines. Only a guest that answers is a proof.

/// Runs a guest of a few instructions under libvirt, and waits for its word.
struct KVMProbe: Sendable {
  let host: LibvirtHost
  /// A guest answers within a third of it where it answers at all.
  var timeout: Duration = .seconds(2)

  enum Verdict: Equatable, Sendable {
    case answers
    /// In words.
    case no(String)
  }

  func run(_ engine: Engine = .kvm) async -> Verdict {
    do throws(LibvirtError) {
      _ = try host.connection.domainCapabilities(type: engine.domainType)
    } catch {
      return .no(error.description)
    }
    do {
      let disk = try BootSector.write()
      defer { BootSector.remove(disk) }
      return try await answer(engine, disk)
    } catch {
      return .no("\(error)")
    }
  }

  private func answer(_ engine: Engine, _ disk: String) async throws -> Verdict {
    let ear = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard ear >= 0 else { throw SystemError.last }
    defer { close(ear) }
    let port = try LocalPort.bind(ear)
    let host = host
    let timeout = timeout
    return try await LibvirtConnection.blocking { () throws(LibvirtError) in
      // A connection of its own: the guest ends with it, come what may.
      let connection = try LibvirtConnection(uri: host.uri)
      let xml = Self.description(engine, disk: disk, port: port)
      let guest = try connection.startFleeting(domain: xml)
      defer { withExtendedLifetime(guest) {} }
      let heard = Self.listen(on: ear, for: timeout)
      try guest.powerOff()
      return heard
        ? .answers : .no("a guest under \(engine.rawValue) did not answer in \(timeout)")
    }
  }

  /// Whether the guest's word has come in time.
  private static func listen(on ear: Int32, for timeout: Duration) -> Bool {
    let end = ContinuousClock.now + timeout
    var heard: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while heard.count < 64 << 10 {
      let left = Int32(max(0, (end - .now) / .milliseconds(1)))
      var wait = pollfd(fd: ear, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&wait, 1, left) > 0 else { return false }
      let count = recv(ear, &buffer, buffer.count, 0)
      guard count > 0 else { return false }
      heard += buffer[..<count]
      if String(decoding: heard, as: UTF8.self).contains(BootSector.word) { return true }
    }
    return false
  }

  private static func description(_ engine: Engine, disk: String, port: UInt16) -> String {
    XML.text(
      XML.element(
        "domain", ["type": engine.domainType],
        [
          XML.element("name", text: "pilab-probe-\(LabRecord.newID())"),
          XML.element("memory", ["unit": "MiB"], text: "16"), XML.element("vcpu", text: "1"),
          XML.element(
            "os",
            [
              XML.element("type", ["arch": "x86_64", "machine": "pc"], text: "hvm"),
              XML.element("boot", ["dev": "hd"]),
            ]),
          XML.element("devices", devices(disk: disk, port: port)),
        ]))
  }

  private static func devices(disk: String, port: UInt16) -> [XMLElement] {
    [
      XML.element(
        "disk", ["type": "file", "device": "disk"],
        [
          XML.element("driver", ["name": "qemu", "type": "raw"]),
          XML.element(
            "source", ["file": disk], [XML.element("seclabel", ["model": "dac", "relabel": "no"])]),
          XML.element("target", ["dev": "vda", "bus": "virtio"]), XML.element("readonly"),
        ]),
      XML.element("controller", ["type": "usb", "model": "none"]),
      XML.element(
        "serial", ["type": "udp"],
        [
          XML.element("source", ["mode": "connect", "host": "127.0.0.1", "service": "\(port)"]),
          XML.element("target", ["port": "0"]),
        ]),
      XML.element("memballoon", ["model": "none"]),
      XML.element("video", [XML.element("model", ["type": "none"])]),
    ]
  }
}

/// A disk whose first sector's program says a word on the first serial port and halts.
enum BootSector {
  static let word = "pilab"

  /// The BIOS loads it to 0x7C00 and jumps there, in real mode.
  private static let program: [UInt8] = [
    0x31, 0xC0,  // xor ax, ax
    0x8E, 0xD8,  // mov ds, ax
    0xBE, 0x15, 0x7C,  // mov si, 0x7C15: the word
    0xBA, 0xF8, 0x03,  // mov dx, 0x3F8: COM1
    0xAC,  // next: lodsb
    0x84, 0xC0,  // test al, al
    0x74, 0x03,  // jz end
    0xEE,  // out dx, al
    0xEB, 0xF8,  // jmp next
    0xF4,  // end: hlt
    0xEB, 0xFD,  // jmp end
  ]

  /// A whole disk: the BIOS boots from none of a single sector.
  static var bytes: [UInt8] {
    var sector = program + Array(word.utf8) + [0]
    sector += [UInt8](repeating: 0, count: 510 - sector.count)
    return sector + [0x55, 0xAA] + [UInt8](repeating: 0, count: (1 << 20) - 512)
  }

  /// Where every user may read it: there is nothing secret in it, and QEMU may be another user.
  static func write() throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/pilab-probe-\(LabRecord.newID())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    let path = "\(folder)/sector"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    guard chmod(folder, 0o755) == 0, chmod(path, 0o644) == 0 else { throw SystemError.last }
    return path
  }

  static func remove(_ path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      // A small file in the folder for temporary files, which the system empties.
    }
  }
}
