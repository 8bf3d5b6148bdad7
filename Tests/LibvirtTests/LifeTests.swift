import Foundation
import LabManifest
import Testing

@testable import LabBackends

@Suite(.serialized) struct LifeTests {
  @Test(arguments: [LibvirtHost.standardURI(ProcessInfo.processInfo.environment)]) func wholeLife(
    uri: String
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/lvt-\(LabRecord.newID())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var plan = LabPlan(
      lab: "life", subnet: LabNetwork.defaultSubnet,
      boards: [
        .init(name: "alice", address: try IPv4Address("10.77.0.1")),
        .init(name: "bob", address: try IPv4Address("10.77.0.2")),
      ], folder: folder)
    plan.virtualization.uri = uri
    plan.virtualization.engine = .tcg
    plan.virtualization.bootTimeout = .seconds(60)
    plan.image = BootImage(
      kernel: "/tmp/img/vmlinuz", initramfs: "/tmp/img/root.cpio",
      commandLine: "console=ttyS0 quiet mitigations=off random.trust_cpu=on panic=-1 ipv6.disable=1"
    )
    let backend = LibvirtBackend()
    let record = try backend.record(for: plan)
    let clock = ContinuousClock()
    do {
      let start = clock.now
      let lab = try await backend.create(plan, record: record)
      print("up", clock.now - start)
      let status = try await lab.board("bob").exec(
        .init(program: "ping", arguments: ["-c", "2", "10.77.0.1"]))
      print(status, (lab as! LibvirtLab).engine)
      print(await backend.status(record))
      print(try await (lab.board("bob") as! LibvirtBoard).freeSpace())
      print(try await (lab.board("bob") as! LibvirtBoard).consoleLog(limit: 500))
    } catch { print("ERR", error, (error as? BackendError)?.hint ?? "") }
    let d = clock.now
    try await backend.destroy(record)
    print("down", clock.now - d)
    print(await backend.status(record), try FileManager.default.contentsOfDirectory(atPath: folder))
  }
}
