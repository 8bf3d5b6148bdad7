import Foundation
import HostKit
import LabValues
import TestSupport
import Testing

@testable import LabCore
@testable import VMKit
@testable import VirtualBox

/// What is in the way before a machine is made. No VirtualBox is needed for these.
@Suite struct RefusalTests {
  private func open(
    _ script: String, timeout: Duration = .seconds(20)
  ) async throws -> Result<VirtualBoxHost, LabError> {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    let program = temporary.path("VBoxManage")
    try "#!/bin/sh\n\(script)\n".write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    do throws(LabError) {
      let host = try await VirtualBoxHost.open(
        command: program, environment: ["HOME": folder], tools: Tool(searchPath: "/usr/bin:/bin"),
        timeout: timeout)
      try await host.checkService()
      return .success(host)
    } catch { return .failure(error) }
  }

  private func refusal(
    _ script: String, timeout: Duration = .seconds(20)
  ) async throws -> LabError {
    guard case .failure(let error) = try await open(script, timeout: timeout) else {
      throw CancellationError()
    }
    #expect(error.code == .unavailable)
    return error
  }

  @Test func missing() async throws {
    let backend = VirtualBoxBackend(environment: [:], searchPath: "/nowhere")
    guard
      VBoxPlaces(environment: [:], tools: Tool(searchPath: "")).installed("VBoxManage")
        .allSatisfy({ !FileManager.default.isExecutableFile(atPath: $0) })
    else { return print("skipped: this machine has VirtualBox where installers put it") }
    guard case .unavailable(let reason, let remedy) = await backend.probe() else {
      return #expect(Bool(false))
    }
    #expect(reason.contains("not installed") && remedy?.contains("virtualbox") == true)
    #expect(!backend.mayBeFast)
  }

  @Test func namedAndNotThere() async throws {
    let backend = VirtualBoxBackend(environment: ["PILAB_VBOXMANAGE": "/nowhere/VBoxManage"])
    guard case .unavailable(let reason, let remedy) = await backend.probe() else {
      return #expect(Bool(false))
    }
    #expect(reason.contains("/nowhere/VBoxManage") && remedy?.contains("PILAB_VBOXMANAGE") == true)
  }

  @Test func tooOld() async throws {
    let error = try await refusal("echo 5.2.44r139111")
    #expect(error.message == "VirtualBox 5.2.44 is too old")
    #expect(error.hint?.contains("6.1") == true)
  }

  @Test func somethingElse() async throws {
    #expect(try await refusal("echo hello").message.contains("does not tell its version"))
    #expect(try await refusal("exit 3").message.contains("does not answer"))
  }

  /// VBoxSVC hangs: the version is told without it.
  @Test func noAnswer() async throws {
    let error = try await refusal(
      "[ \"$1\" = --version ] && echo 7.0.20r163906 && exit\nsleep 600", timeout: .seconds(1))
    #expect(error.message.contains("service does not answer"))
    #expect(error.cause?.contains("gave no answer in") == true)
    #expect(error.hint?.contains("VBoxSVC") == true)
  }

  /// What passes is tried again.
  @Test func theServiceIsStarting() async throws {
    let result = try await open(
      """
      [ "$1" = --version ] && echo 6.1.50r161033 && exit
      count=$(cat "$HOME/count" 2>/dev/null)
      echo "x$count" >"$HOME/count"
      [ "$count" = xx ] && exit
      echo 'VBoxManage: error: Failed to create the VirtualBox object!' >&2
      exit 1
      """)
    #expect(throws: Never.self) { try result.get() }
  }

  @Test func imagesThatVirtualBoxDoesNotKnow() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    var qcow2: [UInt8] = [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 600)
    qcow2[29] = 1
    try Data(qcow2).write(to: URL(fileURLWithPath: "\(folder)/a.qcow2"))
    try Data(count: 4096).write(to: URL(fileURLWithPath: "\(folder)/a.img"))
    for name in ["a.qcow2", "a.img", "missing.vdi", "missing.ova"] {
      let error = #expect(throws: LabError.self) {
        try UserDiskKind.examine("\(folder)/\(name)", board: "bob")
      }
      #expect(error?.board == "bob" && error?.code == .boardNotCreated)
      if name.hasPrefix("a.") {
        #expect(error?.hint?.contains("VBoxManage convertfromraw") == true)
      }
    }
  }
}

/// What is in the way of real machines.
@Suite(.serialized, .enabled { await RealVirtualBox.isThere() })
struct FailureTests {
  /// The module vboxdrv cannot be loaded here: what startvm says of it is recognised.
  @Test func theDriverIsMissing() async throws {
    let maker = BackendMaker { environment in
      // The look beforehand finds nothing, so that startvm itself has to fail.
      VirtualBoxBackend(environment: environment, lookForDriver: { _ in .loaded })
    }
    try await VirtualBoxFixture.with(backend: maker) { plan in
      plan.start = .driver
    } _: { fixture in
      guard case .missing(let reason) = await fixture.host.driver() else {
        return print("skipped: this machine has VirtualBox's driver")
      }
      #expect(reason.contains("VERR_VM_DRIVER_NOT_INSTALLED (-1908)"))
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.code == .driverMissing)
      #expect(refusal.cause?.contains("-1908") == true)
      #expect(refusal.hint?.contains("modprobe vboxdrv") == true)
      #expect(refusal.hint?.contains("start: driverless") == true)
      try await fixture.expectNothing()
    }
  }

  @Test func theDriverIsAskedForAndMissing() async throws {
    try await VirtualBoxFixture.with { plan in
      plan.start = .driver
    } _: { fixture in
      guard case .missing = await fixture.host.driver() else {
        return print("skipped: this machine has VirtualBox's driver")
      }
      #expect(await fixture.refusal()?.code == .driverMissing)
      try await fixture.expectNothing()
    }
  }

  /// startvm fails, the machines are joined anew and start without the driver; and do not boot in a moment.
  @Test func withoutTheDriverAndOutOfTime() async throws {
    let maker = BackendMaker { environment in
      VirtualBoxBackend(environment: environment, lookForDriver: { _ in .loaded })
    }
    try await VirtualBoxFixture.with(backend: maker) { plan in
      plan.start = .auto
      plan.bootTimeout = .seconds(5)
    } _: { fixture in
      guard case .missing = await fixture.host.driver() else {
        return print("skipped: this machine has VirtualBox's driver")
      }
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.code == .bootFailed, "\(refusal)")
      #expect(refusal.message.contains("did not answer in 5"))
      #expect(refusal.hint?.contains("'bootTimeout:' below 'virtualbox:'") == true)
      try await fixture.expectNothing()
    }
  }

  /// A machine that runs is seen, survives who made it, can be killed, and goes.
  @Test func aMachineThatAborts() async throws {
    try await VirtualBoxFixture.with { fixture in
      guard case .missing = await fixture.host.driver() else {
        return print("skipped: this machine has VirtualBox's driver")
      }
      let machines = try await fixture.prepare(.driverless)
      let starter = VirtualBoxStarter(
        record: fixture.record, host: fixture.host, backend: fixture.backend)
      try await starter.start(machines, .driverless, fleeting: false)
      #expect(await fixture.backend.status(fixture.record).allSatisfy { $0.state == .running })
      let displays = Displays.of(fixture.record.id)
      #expect(displays.count == 2)
      // Killed from outside: VirtualBox calls it aborted.
      try await DriverlessProcess.killAll(of: fixture.record.id, board: "alice")
      try await fixture.host.waitUntilFree(machines[0].uuid)
      let states = await fixture.backend.status(fixture.record).map(\.state)
      #expect(states == [.broken("its process has ended without being told to"), .running])
      let lab = try #require(try await fixture.backend.attach(fixture.record) as? VirtualBoxLab)
      try await lab.machine("bob").kill()
      #expect(
        await fixture.backend.status(fixture.record)[1].state == .broken("it is switched off"))
      try await fixture.backend.destroy(fixture.record)
      try await fixture.expectNothing()
      #expect(displays.filter(Displays.hasLeftFiles).isEmpty)
    }
  }

  /// Ports that others took between the choice and the start.
  @Test func portsAreTaken() async throws {
    let taken = try TakenPort()
    let choice = PortChoice(first: taken.number)
    let maker = BackendMaker { environment in
      VirtualBoxBackend(
        environment: environment, ports: { kind throws(SystemError) in try choice.port(kind) })
    }
    try await VirtualBoxFixture.with(backend: maker) { fixture in
      guard case .missing = await fixture.host.driver() else {
        return print("skipped: this machine has VirtualBox's driver")
      }
      let machines = try await fixture.prepare(.driverless)
      #expect(machines[0].port == taken.number)
      let starter = VirtualBoxStarter(
        record: fixture.record, host: fixture.host, backend: fixture.backend)
      try await starter.start(machines, .driverless, fleeting: false)
      let lab = try await starter.settlePorts(
        of: try fixture.maker.lab(machines, .driverless), machines)
      let port = try #require(lab.marks["alice"]?.port)
      #expect(port != taken.number)
      #expect(lab.marks["bob"]?.port == machines[1].port)
      let found = try await fixture.host.manage.properties(["showvminfo", machines[0].uuid])
      #expect(found.forwards(ofAdapter: 2) == [BoardMachine.forwardRule(port)])
      #expect(try await fixture.host.mark(of: machines[0].uuid)?.port == port)
    }
  }

  @Test func theFolderCannotBeWritten() async throws {
    try await VirtualBoxFixture.with { fixture in
      var machine = try await fixture.prepare()[0]
      machine.uuid = UUID().uuidString.lowercased()
      do throws(VBoxError) {
        try await fixture.host.manage.change(machine.creation(in: "/proc/nowhere"))
        Issue.record("it was made in /proc")
      } catch {
        let failure = error.failure(.boardNotCreated, "cannot make it", step: "create")
        #expect(failure.hint?.contains("/proc is made by the kernel") == true)
      }
    }
  }

  @Test func tooManyBoardsWithoutTheDriver() async throws {
    try await VirtualBoxFixture.with { plan in
      plan.boards.append(
        .init(name: "carol", address: IPv4Address(value: 10 << 24 | 77 << 16 | 3)))
      plan.start = .driverless
    } _: { fixture in
      let refusal = try #require(await fixture.refusal())
      #expect(refusal.message.contains("joins two boards"))
      try await fixture.expectNothing()
    }
  }
}

/// A port of 127.0.0.1 that somebody listens at.
final class TakenPort: Sendable {
  let number: UInt16
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    number = try LocalPort.bind(descriptor)
    try #require(listen(descriptor, 1) == 0)
  }

  deinit { close(descriptor) }
}

/// Names a taken port first, and free ones after that.
final class PortChoice: @unchecked Sendable {
  private var first: UInt16?
  private let lock = NSLock()

  init(first: UInt16) { self.first = first }

  func port(_ kind: LocalPort.Kind) throws(SystemError) -> UInt16 {
    lock.lock()
    defer { lock.unlock() }
    if kind == .tcp, let port = first {
      first = nil
      return port
    }
    return try LocalPort.free(kind)
  }
}
