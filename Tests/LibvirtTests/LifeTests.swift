import Foundation
import Testing

@testable import LabCore
@testable import Libvirt

/// Real machines, two at a time.
@Suite(.serialized, .enabled { await RealLibvirt.isThere() })
struct LifeTests {
  @Test func wholeLife() async throws {
    try await MachineFixture.with { plan in
      plan.image = try await RealLibvirt.image()
      plan.lifetime = .untilDestroyed
    } _: { fixture in
      let lab = try await fixture.create()
      let bob = try lab.machine("bob")
      #expect(lab.engine.hasSuffix(", TCG"))
      #expect(await fixture.backend.status(fixture.record).allSatisfy { $0.state == .running })
      try await reaches(bob, "10.77.0.1")
      for name in ["alice", "bob"] { try await reaches(bob, name) }
      #expect(try await bob.say("cat /proc/sys/kernel/hostname") == ["bob"])
      // It is isolated from this machine and all others.
      #expect(try await bob.say("ip route | grep -c default || :") == ["0"])

      try await linkDownAndUp(bob)
      try await snapshots(lab)
      try await powerAndConsole(lab, fixture)
      try await laterProcessFindsIt(fixture)
    }
  }

  /// A file that memory has no room for, through a snapshot, home again, and gone after a restart.
  @Test func diskHoldsWhatMemoryDoesNot() async throws {
    try await MachineFixture.with(boards: ["bob"]) { plan in
      plan.image = try await RealLibvirt.image()
    } _: { fixture in
      let lab = try await fixture.create()
      let bob = try lab.machine("bob")
      #expect(try await bob.say("grep -c /work/disk /proc/mounts || :") == ["0"])
      let memory = try await bob.freeSpace(in: nil, replacing: [])
      let file = "\(fixture.plan.folder)/large"
      let bytes = Data((0..<48 << 20).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
      #expect(UInt64(bytes.count) > memory)
      try bytes.write(to: URL(fileURLWithPath: file))
      defer { for path in [file, file + ".back"] { unlink(path) } }

      let folder = try #require(try await bob.diskFolder())
      #expect(try await bob.diskFolder() == folder)
      let large = try #require(BoardPath("\(folder)/large"))
      let room = try await bob.freeSpace(in: folder, replacing: [])
      #expect(room > 60 << 30)
      #expect(try await bob.roomForDisks() > UInt64(bytes.count))
      try await bob.put(file, to: large, access: .data)
      #expect(try await bob.freeSpace(in: folder, replacing: []) < room)

      try await lab.snapshot("with")
      _ = try await bob.say("rm /work/\(large); echo other >/work/\(folder)/other")
      try await lab.restore("with")
      #expect(try await bob.say("ls /work/\(folder)") == ["large"])
      // From the disk, and not from what memory still has of it.
      _ = try await bob.say("echo 3 >/proc/sys/vm/drop_caches")
      try await bob.get(large, to: file + ".back")
      #expect(FileManager.default.contentsEqual(atPath: file, andPath: file + ".back"))

      try await bob.reboot()
      #expect(try await bob.diskFolder() == folder)
      #expect(try await bob.say("ls /work/\(folder)").isEmpty)
    }
  }

  private func reaches(_ board: LibvirtBoard, _ address: String) async throws {
    let answer = try await board.say("ping -c 3 -W 5 \(address) | grep -c 'bytes from' || :")
    #expect(answer != ["0"])
  }

  private func linkDownAndUp(_ board: LibvirtBoard) async throws {
    try await board.setLink(up: false)
    #expect(try await board.say("cat /sys/class/net/eth0/carrier") == ["0"])
    #expect(try await board.say("ping -c 1 -W 1 10.77.0.1 | grep -c 'bytes from' || :") == ["0"])
    try await board.setLink(up: true)
    try await reaches(board, "10.77.0.1")
  }

  /// Twice to one moment: files are the same, random numbers are not.
  private func snapshots(_ lab: LibvirtLab) async throws {
    let bob = try lab.machine("bob")
    _ = try await bob.say("echo before >/work/mark")
    try await lab.snapshot("warm")
    #expect(try await lab.snapshots() == ["warm"])
    #expect(
      await lab.refusal { lab throws(LabError) in
        try await lab.snapshot("warm")
      }?.code == .snapshotFailed)
    #expect(
      await lab.refusal { lab throws(LabError) in
        try await lab.restore("cold")
      }?.code == .noSuchSnapshot)
    // It runs on.
    _ = try await bob.say("echo after >/work/mark")
    var numbers: Set<[String]> = []
    for _ in 1...2 {
      try await lab.restore("warm")
      #expect(try await bob.say("cat /work/mark") == ["before"])
      numbers.insert(try await bob.say("head -c 16 /dev/urandom | od -An -tx1"))
    }
    #expect(numbers.count == 2)
    try await reaches(bob, "10.77.0.1")
    try await lab.deleteSnapshot("warm")
    #expect(try await lab.snapshots().isEmpty)
  }

  private func powerAndConsole(_ lab: LibvirtLab, _ fixture: MachineFixture) async throws {
    let bob = try lab.machine("bob")
    #expect(try await bob.consoleLog(limit: 4096).contains("board bob ready"))
    #expect(try await bob.freeSpace(in: nil, replacing: []) > 16 << 20)
    try await bob.kill()
    try await bob.kill()
    #expect(
      await fixture.backend.status(fixture.record).map(\.state)
        == [.running, .broken("it is switched off")])
    let error = await bob.explained(
      LabError(.connectionLost, "lost", board: "bob", step: "run"))
    #expect(error.code == .switchedOff)
    #expect(error.hint?.contains("pilab reboot bob") == true)
    #expect(
      await lab.refusal { lab throws(LabError) in
        try await lab.snapshot("half")
      }?.code == .switchedOff)
    try await bob.reboot()
    #expect(try await bob.say("ls /work").isEmpty)
    try await bob.reboot()
    try await reaches(bob, "10.77.0.1")
  }

  private func laterProcessFindsIt(_ fixture: MachineFixture) async throws {
    let attached = try await fixture.backend.attach(fixture.record)
    #expect(try await attached.board("alice").say("echo here") == ["here"])
    #expect(try await fixture.leftovers().count >= 3)
    // By its marks alone, without the record.
    let found = await fixture.backend.traces().found.filter { $0.id == fixture.record.id }
    #expect(found.flatMap(\.parts).count >= 3)
    let trace = try #require(found.first)
    #expect(trace.lab == fixture.record.lab && trace.folder == fixture.record.folder)
    try await fixture.backend.erase(trace)
    #expect(try await fixture.leftovers().isEmpty)
    #expect(await fixture.backend.traces().found.allSatisfy { $0.id != fixture.record.id })
    try await fixture.backend.destroy(fixture.record)
    try await fixture.backend.destroy(fixture.record)
    #expect(try await fixture.leftovers().isEmpty)
    #expect(await fixture.backend.status(fixture.record).allSatisfy { $0.state == .absent })
    let error = await #expect(throws: LabError.self) {
      _ = try await fixture.backend.attach(fixture.record)
    }
    #expect(error?.code == .broken)
  }
}

extension LibvirtLab {
  func refusal(_ body: (LibvirtLab) async throws(LabError) -> Void) async -> LabError? {
    do throws(LabError) { try await body(self) } catch { return error }
    return nil
  }
}
