import LabValues
import Testing

@testable import LabManifest

private func board(_ keys: String) -> String {
  Samples.manifest(boards: "alice: { \(keys) }\nbob: {}")
}

private func libvirt(_ keys: String) -> String {
  Samples.manifest(top: "libvirt: { \(keys) }")
}

private func virtualBox(_ keys: String) -> String {
  Samples.manifest(top: "virtualbox: { \(keys) }")
}

/// What `libvirt:` and `virtualbox:` are carried as; their types are those of the backends.
private struct Carried: Decodable, Equatable {
  var uri: String?
  var engine: String?
  var command: String?
  var start: String?
  var bootTimeout: Duration?
}

extension LabManifest {
  fileprivate func settings(_ mode: String) throws -> Carried {
    try #require(settings[LabMode(rawValue: mode)]).value.decoded(as: Carried.self)
  }
}

/// What a manifest says of virtual machines.
struct MachineTests {
  @Test func everyKey() throws {
    let text = Samples.manifest(
      top: "libvirt: { uri: 'qemu:///system', engine: tcg, bootTimeout: 10m }",
      boards: "alice: { memory: 1GiB, cpus: 4 }\n"
        + "bob: { disk: images/horse.ppm, ssh: { user: pi, key: images/horse.ppm } }")
    let lab = try Samples.grammar.parse(text, path: Samples.path)
    let libvirt = Carried(
      uri: "qemu:///system", engine: "tcg", bootTimeout: .seconds(600))
    #expect(try lab.settings("libvirt") == libvirt)
    #expect(lab.boards[0].memory == 1 << 30)
    #expect(lab.boards[0].processors == 4)
    #expect(lab.boards[0].disk == nil)
    #expect(lab.boards[1].memory == Board.defaultMemory)
    let file = Samples.labFolder + "/images/horse.ppm"
    #expect(lab.boards[1].disk == UserDisk(path: file, user: "pi", key: file))
  }

  /// Manifests that were written before go on working, and are told.
  @Test func diskHadAnotherName() throws {
    let old = "image: images/horse.ppm, ssh: { user: pi, key: images/horse.ppm }"
    let lab = try Samples.grammar.parse(board(old), path: Samples.path)
    let new = old.replacing("image:", with: "disk:")
    #expect(lab.boards == (try Samples.grammar.parse(board(new), path: Samples.path)).boards)
    #expect(lab.warnings.map(\.message) == ["the key 'image' is called 'disk' now"])
  }

  @Test(arguments: ["", "libvirt:", "libvirt: {}"])
  func defaults(_ top: String) throws {
    let lab = try Samples.grammar.parse(Samples.manifest(top: top), path: Samples.path)
    #expect(try lab.settings("libvirt") == Carried(engine: "auto", bootTimeout: .seconds(120)))
    #expect(lab.boards.allSatisfy { $0.processors == 1 && $0.memory == 128 << 20 })
  }

  @Test(arguments: [
    ("VBoxManage", "VBoxManage"), ("/opt/VirtualBox/VBoxManage", "/opt/VirtualBox/VBoxManage"),
    ("bin/VBoxManage", Samples.labFolder + "/bin/VBoxManage"),
    ("'C:\\x\\VBoxManage.exe'", "C:\\x\\VBoxManage.exe"),
  ])
  func virtualBoxKeys(_ command: String, _ path: String) throws {
    let text = virtualBox("command: \(command), start: driverless, bootTimeout: 20m")
    let settings = try Samples.grammar.parse(text, path: Samples.path).settings("virtualbox")
    #expect(settings.command == path)
    #expect(settings.start == "driverless")
    #expect(settings.bootTimeout == .seconds(1200))
  }

  @Test(arguments: ["", "virtualbox:", "virtualbox: {}"])
  func virtualBoxDefaults(_ top: String) throws {
    let lab = try Samples.grammar.parse(Samples.manifest(top: top), path: Samples.path)
    #expect(try lab.settings("virtualbox") == Carried(start: "auto"))
  }

  @Test(arguments: [
    BadManifest(
      virtualBox("start: ¶headless"), "unknown start 'headless'",
      hint: "auto, driver, driverless"),
    BadManifest(virtualBox("start: ¶drivers"), "unknown start 'drivers'", hint: "did you mean"),
    BadManifest(
      virtualBox("bootTimeout: ¶20"), "'20' is not a duration: it has no unit", hint: "ms"),
    BadManifest(
      virtualBox("¶headless: true"), "unknown key 'headless'",
      hint: "keys here: command, start, bootTimeout"),
    BadManifest(
      board("memory: ¶128"), "'128' is not a memory size: it has no unit", hint: "128MiB, 1GiB"),
    BadManifest(
      board("memory: ¶1G"), "'1G' is not a memory size: there is no unit 'G'",
      hint: "did you mean '1GiB'?"),
    BadManifest(board("memory: ¶64MiB"), "'64MiB' is out of range", hint: "96MiB to 1024GiB"),
    BadManifest(board("cpus: ¶0"), "'0' is out of range", hint: "from 1 to 64"),
    BadManifest(board("cpus: ¶two"), "'cpus' must be a whole number, not the text 'two'"),
    BadManifest(
      board("¶image: none.vdi, disk: images/horse.ppm, ssh: { user: pi, key: images/horse.ppm }"),
      "'image' is the older name of 'disk', which is there too", hint: "leave 'image' out"),
    BadManifest(
      board("disk: ¶images/horse.ppm"), "a board with a disk image of its own needs 'ssh'",
      hint: "ssh: {"),
    BadManifest(
      board("image: ¶images/horse.ppm"), "a board with a disk image of its own needs 'ssh'",
      hint: "ssh: {"),
    BadManifest(
      board("ssh: ¶{ user: pi, key: images/horse.ppm }"),
      "'ssh' is for a board with a disk image of its own", hint: "name the disk image"),
    BadManifest(
      board("disk: ¶none.qcow2, ssh: { user: pi, key: images/horse.ppm }"),
      "the disk image 'none.qcow2' does not exist", hint: "looked for at"),
    BadManifest(
      board("disk: images/horse.ppm, ssh: { user: pi, key: ¶images }"),
      "the SSH key 'images' is a directory", hint: "looked for at"),
    BadManifest(
      board("disk: images/horse.ppm, ssh: { user: ¶'-oProxyCommand=x', key: images/horse.ppm }"),
      "'-oProxyCommand=x' is not a user's name", hint: "pi, root"),
    BadManifest(
      libvirt("engine: ¶kwm"), "unknown engine 'kwm'", hint: "did you mean 'kvm'?"),
    BadManifest(
      libvirt("uri: ¶system"), "'system' is not a connection URI", hint: "qemu:///system"),
    BadManifest(
      libvirt("bootTimeout: ¶10"), "'10' is not a duration: it has no unit", hint: "250ms"),
  ])
  func wrong(_ manifest: BadManifest) { manifest.verify() }
}
