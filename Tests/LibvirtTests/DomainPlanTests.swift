import Foundation
import HostKit
import Synchronization
import Testing

@testable import LabCore
@testable import Libvirt
@testable import VMKit

/// How the boards of a lab are joined where libvirt may not make a network.
struct DomainPlanTests {
  private static func descriptions(_ names: [String]) async throws -> [DomainDescription] {
    let plan = MachineFixture.plan(names, in: "/tmp/x")
    var changed = plan
    changed.image = BootFiles(kernel: "/k", initramfs: "/i", commandLine: "quiet")
    changed.uri = TestDriver.uri
    let host = try await LibvirtHost.open(TestDriver.uri)
    let pool = try #require(try host.connection.pool(named: "default-pool"))
    let record = try LibvirtBackend(environment: [:]).record(for: changed)
    let ports = CountingPorts()
    return try DomainPlan(
      plan: changed, record: record, host: host,
      storage: LibvirtStorage(pool: pool, folder: "/pool"), ports: ports.next
    ).descriptions(.tcg)
  }

  @Test func twoBoardsAreAPair() async throws {
    let boards = try await Self.descriptions(["alice", "bob"])
    guard case .pair(let local, let remote) = boards[0].link.carrier else {
      Issue.record("no UDP: \(boards[0].link)")
      return
    }
    #expect(boards[1].link.carrier == .pair(local: remote, remote: local))
    #expect(boards.allSatisfy { $0.extras.isEmpty })
  }

  @Test func moreBoardsMeetAtAHub() async throws {
    let boards = try await Self.descriptions(["alice", "bob", "carol", "dave"])
    let hub = boards[0].extras.joined(separator: " ")
    for (index, board) in boards.enumerated() {
      guard case .hub(let local, let remote) = board.link.carrier else {
        Issue.record("no UDP: \(board.link)")
        return
      }
      #expect(hub.contains("udp=127.0.0.1:\(local),localaddr=127.0.0.1:\(remote)"))
      #expect(hub.contains("hubport,id=hubport\(index + 1),hubid=1,netdev=hub\(index + 1)"))
    }
    #expect(boards.dropFirst().allSatisfy { $0.extras.isEmpty })
    let ports = boards.map(\.mark.port)
    #expect(Set(ports).count == 4)
  }

  @Test func boardWithoutAnythingToBoot() async throws {
    let host = try await LibvirtHost.open(TestDriver.uri)
    let pool = try #require(try host.connection.pool(named: "default-pool"))
    var plan = MachineFixture.plan(["alice", "bob"], in: "/tmp/x")
    plan.uri = TestDriver.uri
    let record = try LibvirtBackend(environment: [:]).record(for: plan)
    let domains = DomainPlan(
      plan: plan, record: record, host: host,
      storage: LibvirtStorage(pool: pool, folder: "/pool"), ports: CountingPorts().next)
    let error = #expect(throws: LabError.self) { _ = try domains.descriptions(.tcg) }
    #expect(error?.code == .boardNotCreated)
  }
}

struct SessionTests {
  /// Another session's daemon would say that there is nothing to remove.
  @Test func aLabIsNotLookedForInAnotherSession() async throws {
    var plan = MachineFixture.plan(["alice", "bob"], in: "/tmp/x")
    plan.uri = "qemu:///session"
    let made = try LibvirtBackend(environment: ["XDG_RUNTIME_DIR": "/run/user/1"]).record(for: plan)
    let elsewhere = LibvirtBackend(environment: ["XDG_CACHE_HOME": "/home/other/.cache"])
    await #expect { try await elsewhere.destroy(made) } throws: {
      guard let error = $0 as? LabError else { return false }
      return error.code == .unavailable && error.message.contains("/run/user/1/libvirt")
        && error.message.contains("/home/other/.cache/libvirt")
    }
  }
}

private final class CountingPorts: Sendable {
  private let last = Mutex<UInt16>(40_000)

  func next(_ kind: LocalPort.Kind) throws(SystemError) -> UInt16 {
    last.withLock { port in
      port += 1
      return port
    }
  }
}
