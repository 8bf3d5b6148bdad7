import Foundation
import HostKit
import LabManifest
import LabValues
import TestSupport
import Testing

@testable import BootImage
@testable import GuestSSH
@testable import LabCore
@testable import Libvirt

/// A disk image of a user's, with a boot loader, an SSH server and a user of its own: made of the board image's CD.
@Suite(.serialized, .enabled { await RealLibvirt.isThere() })
struct UserDiskTests {
  @Test func bootsAndStaysAsItWas() async throws {
    try await withDisk { fixture, disk in
      let before = try Data(contentsOf: URL(fileURLWithPath: disk.path))
      let lab = try await fixture.create()
      let alice = try lab.machine("alice")
      #expect(alice.ssh.folder.hasPrefix("/var/tmp/pilab-") == true)
      #expect(try await alice.say("ip -4 -o address show dev eth0 | grep -c 10.77.0.1/24") == ["1"])
      // Its root is read-only.
      #expect(try await alice.say("grep -c '^10.77.0.1 alice$' /etc/hosts") == ["1"])
      try await alice.ssh.assignNames(fixture.record.boards)
      #expect(try await alice.say("grep -c '^10.77.0.1 alice$' /etc/hosts") == ["1"])
      #expect(try await alice.say("ping -c 1 -W 5 alice | grep -c '(10.77.0.1)'") == ["1"])
      try await alice.reboot()
      #expect(try await alice.say("ip -4 -o address show dev eth0 | grep -c 10.77.0.1/24") == ["1"])
      try await fixture.backend.destroy(fixture.record)
      #expect(try Data(contentsOf: URL(fileURLWithPath: disk.path)) == before)
      var status = stat()
      #expect(stat(disk.path, &status) == 0 && status.st_uid == geteuid())
    }
  }

  @Test func keyThatIsRefused() async throws {
    try await withDisk { plan, folder in
      let tools = Tool(searchPath: Tool.standardSearchPath)
      let other = try await SSHKeyPair.make(at: "\(folder)/other", comment: "other", tools: tools)
      plan.boards[0].machine.disk?.key = other.privateFile
    } _: { fixture, _ in
      let error = try #require(await fixture.refusal())
      #expect(error.code == .sshKeyRefused)
      #expect(error.board == "alice")
      #expect(error.hint?.contains("authorized_keys") == true)
      #expect(try await fixture.leftovers().isEmpty)
    }
  }

  /// The identity on the disk names the network cards, which follow from the lab's id.
  private func withDisk(
    _ change: (inout LabPlan, String) async throws -> Void = { _, _ in },
    _ body: (MachineFixture, UserDisk) async throws -> Void
  ) async throws {
    let temporary = try TemporaryFolder(permissions: 0o755)
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    let tools = Tool(searchPath: Tool.standardSearchPath)
    let key = try await SSHKeyPair.make(at: "\(folder)/key", comment: "user", tools: tools)
    let disk = UserDisk(path: "\(folder)/disk.img", user: "root", key: key.privateFile)
    try Data(count: 4096).write(to: URL(fileURLWithPath: disk.path))
    try await MachineFixture.with(boards: ["alice"]) { plan in
      plan.boards[0].machine.disk = disk
      try await change(&plan, folder)
    } _: { fixture in
      unlink(disk.path)
      try await makeDisk(disk, key, for: fixture.record, in: folder, tools)
      try await body(fixture, disk)
    }
  }

  private func makeDisk(
    _ disk: UserDisk, _ key: SSHKeyPair, for record: LabRecord, in folder: String, _ tools: Tool
  ) async throws {
    let names = LibvirtNames(record)
    let host = try await SSHKeyPair.make(at: "\(folder)/host", comment: "host", tools: tools)
    let identity = BoardIdentity(
      name: "own", address: try IPv4Address("10.99.0.9"), prefixLength: 24,
      mac: "\(names.mac(.lab, 1))",
      management: .init(mac: "\(names.mac(.management, 1))"),
      hostKey: try String(contentsOfFile: host.privateFile, encoding: .utf8),
      authorizedKeys: [key.publicLine])
    let archive = "\(folder)/identity.cpio"
    try Data(try identity.archive()).write(to: URL(fileURLWithPath: archive))
    // A user's system has a /var that can be written to; of a board's only /work can.
    let addition =
      "mkdir x && cd x && cpio -id <../identity.cpio && ln -s work var "
      + "&& find . | cpio -o -H newc >../identity.cpio"
    let added = try await tools.run(["sh", "-c", "cd \"$1\" && \(addition)", "sh", folder])
    #expect(added.succeeded, "\(added.errors)")
    let iso = try await ImageBuilder().build().iso
    let outcome = try await tools.run([
      "xorriso", "-indev", iso, "-outdev", disk.path, "-boot_image", "any", "replay", "-volid",
      BoardIdentity.discLabel, "-map", archive, "/identity.cpio",
    ])
    #expect(outcome.succeeded, "\(outcome.errors)")
    chmod(disk.path, 0o644)
  }
}
