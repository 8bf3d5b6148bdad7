import CLibvirt
import Foundation
import LabValues
import Testing

@testable import LabCore
@testable import Libvirt
@testable import VMKit

/// Descriptions are checked by libvirt's own schema, without any machine.
struct DescriptionTests {
  private static func description(
    boot: DomainDescription.Boot, link: LinkEndpoint.Carrier = .network("default"),
    engine: Engine = .tcg, board: String = "alice"
  ) -> DomainDescription {
    DomainDescription(
      name: "pilab-x-\(board)",
      mark: BoardMark(
        lab: "0123456789abcdef", labName: "x", folder: "/tmp/a b&<c>\"'é", board: board, port: 2222,
        engine: engine, user: "root", hasUserDisk: false),
      memory: 128 << 20, processors: 2, boot: boot,
      link: LinkEndpoint(
        board: board, number: 1, address: IPv4Address(value: 0x0A4D_0001),
        mac: MACAddress(value: 0x525400_000001), carrier: link),
      managementMAC: MACAddress(value: 0x525400_800001), overlay: "/pool/alice.qcow2",
      consoleLog: "/pool/alice.log")
  }

  private static let boots: [DomainDescription.Boot] = [
    .kernel(path: "/k", initramfs: "/i", commandLine: "console=ttyS0 a=\"b c\" <&>"),
    .disk(.init(path: "/home/me/pi's & <disk>.vdi", format: "vdi")), .cd(path: "/cd.iso"),
  ]

  @Test(arguments: boots)
  func libvirtTakesTheDescription(_ boot: DomainDescription.Boot) throws {
    let connection = try TestDriver.connection()
    for link in [
      LinkEndpoint.Carrier.network("default"), .pair(local: 4000, remote: 4001),
    ] {
      let description = Self.description(boot: boot, link: link)
      var xml = description.xml()
      // The test driver has its own type of machine, and knows nothing of QEMU's arguments.
      xml = xml.replacing("type=\"qemu\" xmlns:qemu", with: "type=\"test\" xmlns:qemu")
      let domain = try connection.define(domain: xml)
      #expect(domain.name == description.name)
      let mark = try #require(try domain.metadata(namespace: BoardMark.namespace))
      #expect(BoardMark(try XML.parse(mark)) == description.mark)
      #expect(virDomainUndefineFlags(domain.pointer, 0) == 0)
    }
  }

  @Test func libvirtRefusesWhatIsNotItsSchema() throws {
    let connection = try TestDriver.connection()
    let xml = Self.description(boot: Self.boots[0]).xml()
      .replacing("type=\"qemu\" xmlns:qemu", with: "type=\"test\" xmlns:qemu")
      .replacing("<vcpu>", with: "<vcpus>").replacing("</vcpu>", with: "</vcpus>")
    let error = #expect(throws: LibvirtError.self) { _ = try connection.define(domain: xml) }
    #expect(error?.code == VIR_ERR_XML_INVALID_SCHEMA)
  }

  @Test func networkAndItsMark() throws {
    let connection = try TestDriver.connection()
    let record = LabRecord(
      mode: .libvirt, lab: "x", id: "0123456789abcdef", folder: "/tmp/a b&<c>\"'é", boards: [])
    let network = try connection.define(network: StorageDescription.network(record))
    let mark = NetworkMark(try XML.parse(try network.xml()))
    #expect(mark == NetworkMark(record))
    #expect(mark?.lab == record.id && mark?.owner == geteuid())
    #expect(try XML.parse(try network.xml()).first("ip") == nil)
    try network.remove()
  }

  @Test func poolAndItsVolumes() throws {
    let connection = try TestDriver.connection()
    let mark = PoolMark(lab: "0123456789abcdef")
    // The driver makes nothing there; a pool whose folder is gone is only forgotten.
    let pool = try connection.define(
      pool: StorageDescription.pool(
        named: "pilab-x", folder: NSTemporaryDirectory(), mark: mark))
    #expect(PoolMark(uuid: try XML.parse(try pool.xml()).first("uuid")?.stringValue ?? "") == mark)
    try pool.start()
    let overlay = StorageDescription.overlay(
      named: "a.qcow2", bytes: 1 << 20, backing: .init(path: "/a&b.vdi", format: "vdi"))
    for xml in [overlay, StorageDescription.rawVolume(named: "kernel", bytes: 4096)] {
      _ = try pool.make(volume: xml)
    }
    #expect(try pool.volumes().count == 2)
    #expect(try pool.volume(named: "b") == nil)
    try pool.remove()
    #expect(try connection.pool(named: "pilab-x") == nil)
  }

  @Test func poolWithoutItsFolderIsForgotten() throws {
    let connection = try TestDriver.connection()
    let pool = try connection.define(
      pool: StorageDescription.pool(
        named: "pilab-x", folder: "/tmp/no-such-folder/pilab-x",
        mark: PoolMark(lab: "0123456789abcdef")))
    try pool.start()
    try pool.remove()
    #expect(try connection.pool(named: "pilab-x") == nil)
  }

  @Test(arguments: [
    "", "x", "01234567-89ab-cdef-7069-6c610000", "01234567-89ab-cdef-0000-000000000000",
  ])
  func poolsOfOthersHaveNoMark(_ uuid: String) { #expect(PoolMark(uuid: uuid) == nil) }

  @Test func longestNamesFit() {
    let long = String(repeating: "a", count: 63)
    let names = LibvirtNames(lab: long, id: "0123456789abcdef")
    #expect(names.bridge.utf8.count <= 15)
    #expect(names.domain(long).utf8.count < 255)
    #expect(names.pool.utf8.count < 255)
  }

  @Test func addressesDifferAndAreUnicast() {
    let names = LibvirtNames(lab: "x", id: "0123456789abcdef")
    let all = [NetworkRole.lab, .management].flatMap { role in
      (1...1000).map { names.mac(role, $0) }
    }
    #expect(Set(all).count == 2000)
    #expect(all.allSatisfy { $0.description.wholeMatch(of: /52:54:00(:[0-9a-f]{2}){3}/) != nil })
  }

  @Test(arguments: [
    "<a", "",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><pilab:board>&x;</pilab:board>",
  ])
  func marksOfOthersAreNone(_ text: String) {
    let mark = try? BoardMark(XML.parse(text))
    #expect(mark == nil)
  }
}
