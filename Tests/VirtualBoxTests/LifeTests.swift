import Foundation
import LabManifest
import Testing

@testable import LabCore
@testable import VirtualBox

/// The whole life but for the start, on a real VirtualBox.
@Suite(.serialized, .enabled { await RealVirtualBox.isThere() })
struct LifeTests {
  @Test(arguments: [VirtualBoxEngine.driver, .driverless])
  func machinesAreAsTheyWereAskedFor(engine: VirtualBoxEngine) async throws {
    try await VirtualBoxFixture.with { plan in
      plan.boards[0].machine.memory = 192 << 20
      plan.boards[1].machine.processors = 2
    } _: { fixture in
      let machines = try await fixture.prepare(engine)
      #expect(machines.count == 2)
      for (index, machine) in machines.enumerated() {
        let found = try await fixture.host.manage.properties(["showvminfo", machine.uuid])
        for (key, asked) in machine.expected { #expect(found[key] == asked, "\(key)") }
        #expect(found["groups"] == "/pilab/boxes")
        #expect(found["memory"] == (index == 0 ? "192" : "128"))
        #expect(found["cpus"] == (index == 0 ? "1" : "2"))
        #expect(found["nic1"] == (engine == .driver ? "intnet" : "Generic"))
        #expect(found["nic3"] == "none")
        #expect(found["VMState"] == "poweroff")
        #expect(found["CfgFile"]?.hasPrefix(fixture.folder + "/machines/") == true)
        #expect(found.forwards(ofAdapter: 2) == [machine.forwardRule])
        let mark = try #require(try await fixture.host.mark(of: machine.uuid))
        #expect(mark.lab == fixture.record.id && mark.port == machine.port && mark.engine == engine)
      }
      let network = VirtualBoxNames(fixture.record).network
      let links = machines.map(\.link.carrier)
      if engine == .driver {
        #expect(links == [.network(network), .network(network)])
      } else {
        guard case .pair(let a, let b) = links[0] else { return #expect(Bool(false)) }
        #expect(links[1] == .pair(local: b, remote: a))
        let interpreter = try await fixture.host.manage.ask([
          "getextradata", machines[0].uuid, "VBoxInternal/HM/FallbackToIEM",
        ])
        #expect(interpreter.contains("Value: 1"))
      }
      #expect(Set(machines.map(\.port)).count == 2)
      try await laterProcessFindsThem(fixture)
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
    }
  }

  private func laterProcessFindsThem(_ fixture: VirtualBoxFixture) async throws {
    let lab = try #require(try await fixture.backend.attach(fixture.record) as? VirtualBoxLab)
    #expect(lab.engine.hasPrefix("VirtualBox 7."))
    let statuses = await fixture.backend.status(fixture.record)
    #expect(
      statuses.map(\.state) == [.broken("it is switched off"), .broken("it is switched off")])
    // A cable can be pulled while the machine is off.
    let bob = try lab.machine("bob")
    try await bob.setLink(up: false)
    let found = try await fixture.host.manage.properties(["showvminfo", bob.uuid])
    #expect(found["cableconnected1"] == "off")
    await #expect(throws: LabError.self) { try await lab.snapshot("warm") }
    try await bob.kill()
  }

  /// A foreign change is noticed: the same comparison that found nothing before.
  @Test func differencesAreFound() async throws {
    try await VirtualBoxFixture.with { fixture in
      let machine = try await fixture.prepare()[0]
      try await fixture.host.manage.change(["modifyvm", machine.uuid, "--memory", "256"])
      let found = try await fixture.host.manage.properties(["showvminfo", machine.uuid])
      #expect(machine.differences(from: found).map(\.key) == ["memory"])
    }
  }

  @Test func snapshotsGoWithTheLab() async throws {
    try await VirtualBoxFixture.with { fixture in
      let machines = try await fixture.prepare()
      let lab = try #require(try await fixture.backend.attach(fixture.record) as? VirtualBoxLab)
      #expect(try await lab.snapshots() == [])
      for machine in machines {
        for name in ["first", "second"] {
          try await fixture.host.manage.change(["snapshot", machine.uuid, "take", name])
        }
      }
      #expect(try await lab.snapshots() == ["first", "second"])
      try await lab.deleteSnapshot("first")
      #expect(try await lab.snapshots() == ["second"])
      await #expect(throws: LabError.self) { try await lab.deleteSnapshot("first") }
      await #expect(throws: LabError.self) { try await lab.restore("third") }
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
    }
  }

  @Test func disksOfTheUserAreOnlyRead() async throws {
    try await VirtualBoxFixture.with { fixture in
      let disk = "\(fixture.folder)-user.vdi"
      try await fixture.host.manage.change([
        "createmedium", "disk", "--filename", disk, "--size", "16",
      ])
      try await fixture.host.manage.change(["closemedium", "disk", disk])
      let before = try Data(contentsOf: URL(fileURLWithPath: disk))
      var fixture = fixture
      fixture.plan.setDisks(disk)
      let machines = try await fixture.prepare()
      let overlays = (1...2).map { VirtualBoxFolder(fixture.record).disk($0) }
      #expect(machines.map(\.boot) == overlays.map { .disk($0) })
      #expect(Set(try await fixture.media()) == Set(overlays + [disk]))
      for machine in machines {
        try await fixture.host.manage.change(["snapshot", machine.uuid, "take", "one"])
      }
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
      #expect(try Data(contentsOf: URL(fileURLWithPath: disk)) == before)
    }
  }

  /// A disk that VirtualBox knows serves as well; one that a machine of the user's writes to is refused.
  @Test func disksOfTheUsersMachines() async throws {
    try await VirtualBoxFixture.with { fixture in
      let disk = "\(fixture.folder)-user.vdi"
      try await fixture.host.manage.change([
        "createmedium", "disk", "--filename", disk, "--size", "16",
      ])
      var fixture = fixture
      fixture.plan.setDisks(disk)
      _ = try await fixture.prepare()
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()

      let manage = fixture.host.manage
      try await manage.change([
        "createvm", "--name", "mine", "--basefolder", fixture.folder + "-foreign", "--register",
      ])
      try await manage.change(["storagectl", "mine", "--name", "d", "--add", "sata"])
      try await manage.change([
        "storageattach", "mine", "--storagectl", "d", "--port", "0", "--type", "hdd", "--medium",
        disk,
      ])
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.message.contains("that of a virtual machine of yours"))
      #expect(refusal.cause?.contains("mine") == true)
      try await fixture.expectNothing(but: ["mine"], media: [disk])
    }
  }

  @Test func appliancesAreImportedOnce() async throws {
    try await VirtualBoxFixture.with { fixture in
      let manage = fixture.host.manage
      let (disk, appliance) = ("\(fixture.folder)-a.vdi", "\(fixture.folder)-a.ova")
      try await manage.change([
        "createvm", "--name", "pi", "--ostype", "Debian_64", "--basefolder",
        fixture.folder + "-foreign", "--register",
      ])
      try await manage.change(["createmedium", "disk", "--filename", disk, "--size", "16"])
      try await manage.change([
        "storagectl", "pi", "--name", "d", "--add", "sata", "--portcount", "1",
      ])
      try await manage.change([
        "storageattach", "pi", "--storagectl", "d", "--port", "0", "--type", "hdd", "--medium",
        disk,
      ])
      try await manage.change(["export", "pi", "--output", appliance])
      let before = try Data(contentsOf: URL(fileURLWithPath: appliance))
      var fixture = fixture
      fixture.plan.setDisks(appliance)
      let machines = try await fixture.prepare()
      #expect(machines.map(\.boot) == [.clone, .clone])
      let names = VirtualBoxNames(fixture.record)
      #expect(
        Set(try await fixture.machines())
          == ["pi", names.base(1), names.machine("alice"), names.machine("bob")])
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing(but: ["pi"], media: [disk])
      #expect(try Data(contentsOf: URL(fileURLWithPath: appliance)) == before)

      // Of the same file, cut short.
      try before.prefix(before.count / 2).write(to: URL(fileURLWithPath: appliance))
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.code == .boardNotCreated && refusal.message.contains("cannot import"))
      #expect(refusal.hint?.contains("whole") == true)
      try await fixture.expectNothing(but: ["pi"], media: [disk])
    }
  }

  // MARK: Half a lab, and others' machines

  @Test func aForeignMachineOfTheNameIsLeftAlone() async throws {
    try await VirtualBoxFixture.with { fixture in
      let name = VirtualBoxNames(fixture.record).machine("bob")
      try await fixture.host.manage.change([
        "createvm", "--name", name, "--basefolder", fixture.folder + "-foreign", "--register",
      ])
      let before = try await foreign(name, fixture.host)
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.board == "bob" && refusal.message.contains("is not this lab's"))
      try await fixture.expectNothing(but: [name])
      #expect(try await foreign(name, fixture.host) == before)
    }
  }

  /// All that VirtualBox tells of a machine, and its settings; but for the time of its last change, whose fractions
  /// VirtualBox's service forgets when it is started anew.
  private func foreign(_ name: String, _ host: VirtualBoxHost) async throws -> [String] {
    let properties = try await host.manage.properties(["showvminfo", name])
    let settings = try String(contentsOfFile: try #require(properties["CfgFile"]), encoding: .utf8)
    let entries = properties.entries.filter { $0.key != "VMStateChangeTime" }
    return entries.map { "\($0.key)=\($0.value)" } + [settings]
  }

  @Test func halfMadeMachinesGo() async throws {
    try await VirtualBoxFixture.with { fixture in
      let uuid = try fixture.record.machine(1)
      // Made, and nothing more: neither marked nor set up, and the other one not at all.
      try await fixture.host.manage.change([
        "createvm", "--name", "half", "--uuid", uuid, "--basefolder",
        VirtualBoxFolder(fixture.record).path, "--register",
      ])
      await #expect(throws: LabError.self) { try await fixture.backend.attach(fixture.record) }
      #expect(await fixture.backend.status(fixture.record).last?.state == .absent)
      try await fixture.backend.destroy(fixture.record)
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
    }
  }

  @Test func machinesWithoutTheirFolderGo() async throws {
    try await VirtualBoxFixture.with { fixture in
      _ = try await fixture.prepare()
      try FileManager.default.removeItem(atPath: VirtualBoxFolder(fixture.record).path)
      // A later service finds the registry with machines that have no files.
      try await Service.end(try #require(fixture.environment["VBOX_IPC_SOCKETID"]))
      #expect(try await fixture.machines() == ["<inaccessible>", "<inaccessible>"])
      let states = await fixture.backend.status(fixture.record).map(\.state)
      #expect(states.allSatisfy { if case .broken = $0 { true } else { false } })
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
    }
  }

  /// What a killed pilab left goes before the next lab of the folder is made.
  @Test func anEarlierLabOfTheFolderGoes() async throws {
    try await VirtualBoxFixture.with { fixture in
      _ = try await fixture.prepare()
      let next = try fixture.backend.record(for: fixture.plan)
      try await VirtualBoxRemoval(record: next, host: fixture.host).removeEarlier()
      try await fixture.expectNothing()
    }
  }
}
