import CLibvirt
import Foundation
import Testing

@testable import LabCore
@testable import Libvirt
@testable import VMKit

struct ConnectionTests {
  private func refusal(_ uri: String) async -> LabError? {
    do throws(LabError) { _ = try await LibvirtHost.open(uri) } catch { return error }
    return nil
  }

  @Test(arguments: [
    ("qemu+ssh://lab.example/system", "another machine"), ("lxc:///", "not a libvirt with QEMU"),
    ("nonsense", "not a connection URI"), ("qemu://10.0.0.1/system", "another machine"),
  ])
  func onlyThisMachinesQEMU(_ uri: String, _ words: String) async {
    let error = await refusal(uri)
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(words) == true)
    #expect(error?.hint != nil)
  }

  /// No daemon listens: libvirt's words, and how to start it.
  @Test func daemonThatDoesNotRun() async {
    let error = await refusal("qemu+unix:///system?socket=/nowhere/libvirt-sock")
    #expect(error?.code == .unavailable)
    #expect(error?.cause?.contains("/nowhere/libvirt-sock") == true)
    #expect(error?.hint?.hasPrefix("sudo ") == true)
  }

  /// What libvirt told when two machines were the first of their daemon at once.
  private static let halfMade = LibvirtError(
    code: VIR_ERR_INTERNAL_ERROR,
    description: "internal error: Unable to parse RNG domain.rng: Error type 'unsignedLong' is not "
      + "exported by type library")

  @Test func schemaThatAnotherThreadIsMaking() throws {
    var calls = 0
    let value = try SchemaRace.overcome(pause: 0) { () throws(LibvirtError) in
      calls += 1
      if calls < 3 { throw Self.halfMade }
      return calls
    }
    #expect(value == 3)
  }

  @Test func schemaThatStaysBrokenAndOtherFailures() {
    var calls = 0
    #expect(throws: LibvirtError.self) {
      try SchemaRace.overcome(pause: 0) { () throws(LibvirtError) in
        calls += 1
        throw Self.halfMade
      }
    }
    #expect(calls == 5)
    #expect(throws: LibvirtError.self) {
      try SchemaRace.overcome(pause: 0) { () throws(LibvirtError) in
        calls += 1
        throw LibvirtError(code: VIR_ERR_XML_ERROR, description: "no name")
      }
    }
    #expect(calls == 6)
  }

  @Test func testDriverIsNotPrivileged() async throws {
    #expect(try await !LibvirtHost.open(TestDriver.uri).isPrivileged)
  }

  @Test func standardURI() {
    #expect(LibvirtHost.standardURI(["LIBVIRT_DEFAULT_URI": "qemu:///x"]) == "qemu:///x")
    let standard = LibvirtHost.standardURI(["LIBVIRT_DEFAULT_URI": ""])
    #expect(standard == (geteuid() == 0 ? "qemu:///system" : "qemu:///session"))
  }

  @Test func freePortsAreFree() throws {
    for kind in [LocalPort.Kind.tcp, .udp] { #expect(try LocalPort.free(kind) > 0) }
  }

  @Test(arguments: [
    ("internal error: QEMU: Could not set up host forwarding rule 'tcp:…'", true),
    ("can't bind ip=127.0.0.1 to socket: Address already in use", true),
    ("Permission denied", false),
  ])
  func portsThatAreTaken(_ words: String, _ isTaken: Bool) {
    #expect(LibvirtError.saysPortTaken(words) == isTaken)
  }

  @Test(arguments: [
    ("Failed to connect socket to '/run/libvirt/virtlogd-sock'", "virtlogd -d"),
    ("Cannot check QEMU binary /usr/bin/qemu-system-x86_64: No such file", "qemu-system-x86"),
    ("could not find capabilities for arch=x86_64", "apt-get install qemu-system-x86"),
    ("internal error: creation of folder: cannot find 'qemu-img'", "qemu-utils"),
    ("cannot set up guest memory 'pc.ram': Cannot allocate memory", "give the boards less"),
  ])
  func causesWithARemedy(_ words: String, _ remedy: String) async throws {
    let host = try await LibvirtHost.open(TestDriver.uri)
    let error = LibvirtError(code: VIR_ERR_INTERNAL_ERROR, description: words)
    #expect(error.hint(for: host)?.contains(remedy) == true)
    #expect(
      LibvirtError(code: VIR_ERR_INTERNAL_ERROR, description: "else").hint(for: host) == nil)
  }

  @Test func consoleTextWithoutControls() {
    let text = "\u{1B}[0;1mone\u{1B}[6n\r\n\n  two \u{7}\r\nthree"
    #expect(ConsoleText.lastLines(of: text, 2) == ["two", "three"])
    #expect(ConsoleText.lastLines(of: text, 9) == ["one", "two", "three"])
    #expect(ConsoleText.saysOutOfMemory("[1.0] Out of memory: Killed process 7"))
    #expect(!ConsoleText.saysOutOfMemory("all is well"))
    #expect(
      ConsoleText.saysNoRoot("Gave up waiting for root file system device.  Common problems:"))
    #expect(!ConsoleText.saysNoRoot("all is well"))
  }
}
