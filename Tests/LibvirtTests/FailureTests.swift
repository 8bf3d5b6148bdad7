import CLibvirt
import Foundation
import HostKit
import LabManifest
import Synchronization
import Testing

@testable import LabCore
@testable import Libvirt
@testable import VMKit

/// Real libvirt, and what goes wrong with it.
@Suite(.serialized, .enabled { await RealLibvirt.isThere() })
struct FailureTests {
  @Test func onlyAGuestThatAnswersProvesAnEngine() async throws {
    let host = try await LibvirtHost.open(RealLibvirt.uri)
    #expect(await KVMProbe(host: host, timeout: .seconds(30)).run(.tcg) == .answers)
    // Nobody answers at once.
    guard case .no = await KVMProbe(host: host, timeout: .zero).run(.tcg) else {
      Issue.record("a guest that has not run yet counts as one that answered")
      return
    }
    let names = try host.connection.domains().map(\.name)
    #expect(!names.contains { $0.hasPrefix("pilab-probe") })
  }

  /// A kernel that is none: the machine ends or says nothing, and the error has the console's last lines.
  @Test func imageThatDoesNotBoot() async throws {
    try await MachineFixture.with { plan in
      let image = try await RealLibvirt.image()
      // Without its identity's place the first program ends, and the kernel panics.
      plan.image = BootFiles(
        kernel: image.kernel, initramfs: "/dev/null", commandLine: "console=ttyS0 panic=-1")
      plan.bootTimeout = .seconds(60)
    } _: { fixture in
      let error = try #require(await fixture.refusal())
      #expect(error.code == .bootFailed)
      #expect(error.message.contains("switched itself off"))
      #expect(error.cause?.contains("serial console") == true)
      #expect(error.cause?.contains("panic") == true, "\(error)")
      #expect(try await fixture.leftovers().isEmpty)
    }
  }

  @Test func silentDiskNamesTheTimeout() async throws {
    try await MachineFixture.with { plan in
      let disk = plan.folder + ".img"
      try Data(count: 1 << 20).write(to: URL(fileURLWithPath: disk))
      chmod(disk, 0o644)
      for index in plan.boards.indices {
        plan.boards[index].machine.disk = UserDisk(path: disk, user: "pi", key: "/dev/null")
      }
      plan.bootTimeout = .seconds(3)
    } _: { fixture in
      defer { unlink(fixture.plan.folder + ".img") }
      let error = try #require(await fixture.refusal())
      #expect(error.code == .bootFailed)
      #expect(error.message.contains("did not answer in 3"))
      #expect(error.hint?.contains("bootTimeout") == true)
      #expect(try await fixture.leftovers().isEmpty)
      // It is as it was.
      let bytes = FileManager.default.contents(atPath: fixture.plan.folder + ".img")
      #expect(bytes == Data(count: 1 << 20))
      var status = stat()
      #expect(stat(fixture.plan.folder + ".img", &status) == 0 && status.st_uid == geteuid())
    }
  }

  /// A domain of the name that ours would get, and not ours.
  @Test func strangersAreNotTouched() async throws {
    try await MachineFixture.with { plan in
      plan.image = try await RealLibvirt.image()
    } _: { fixture in
      let host = try await LibvirtHost.open(RealLibvirt.uri)
      let name = LibvirtNames(fixture.record).domain("bob")
      let stranger = try host.connection.define(
        domain:
          "<domain type='qemu'><name>\(name)</name><memory unit='MiB'>16</memory>"
          + "<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>")
      defer { #expect(throws: Never.self) { try stranger.undefine() } }
      let before = try stranger.xml()
      let error = try #require(await fixture.refusal())
      #expect(error.code == .boardNotCreated)
      #expect(error.cause?.contains(name) == true)
      #expect(error.cause?.contains("untouched") == true)
      #expect(try await fixture.leftovers().isEmpty)
      #expect(try stranger.xml() == before)
    }
  }

  @Test func unknownEngineOfThisMachine() async throws {
    let host = try await LibvirtHost.open(RealLibvirt.uri)
    let decision = EngineDecision(host: host, environment: [:])
    #expect(try await decision.decide(.tcg) == .tcg)
    let automatic = try await decision.decide(.auto)
    guard automatic == .tcg else { return }
    let error = await #expect(throws: LabError.self) { _ = try await decision.decide(.kvm) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.hasPrefix("KVM cannot be used: ") == true)
  }

  /// The management port of a board is taken at the moment that QEMU wants it: it gets another.
  @Test func portThatIsTaken() async throws {
    try await MachineFixture.with(boards: ["alice"]) { plan in
      plan.image = try await RealLibvirt.image()
    } _: { fixture in
      let host = try await LibvirtHost.open(RealLibvirt.uri)
      let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(taken) }
      let port = try LocalPort.bind(taken)
      listen(taken, 1)
      let first = FirstPort(port)
      let maker = LibvirtMaker(
        plan: fixture.plan, record: fixture.record, host: host, tools: fixture.backend.tools,
        environment: [:], ports: first.next)
      let lab = try await maker.make()
      #expect(try lab.machine("alice").entry.mark.port != port)
    }
  }
}

/// Chooses a certain port first, and then free ones.
private final class FirstPort: Sendable {
  private let first: Mutex<UInt16?>

  init(_ port: UInt16) { first = Mutex(port) }

  func next(_ kind: LocalPort.Kind) throws(SystemError) -> UInt16 {
    if let port = first.withLock({ $0.take() }) { return port }
    return try LocalPort.free(kind)
  }
}
