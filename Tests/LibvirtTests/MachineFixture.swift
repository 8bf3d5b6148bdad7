import Foundation
import LabManifest
import LabValues
import TestSupport
import Testing

@testable import BootImage
@testable import LabCore
@testable import Libvirt

/// A libvirt that makes real machines, for tests of them.
enum RealLibvirt {
  static let uri = LibvirtHost.standardURI(ProcessInfo.processInfo.environment)

  /// Whether real machines can be tried; says why not. With CI set they are tried in any case.
  static func isThere() async -> Bool {
    guard ProcessInfo.processInfo.environment["CI"] == nil else { return true }
    switch await LibvirtBackend().probe() {
    case .available, .limited, .slow: return true
    case .unavailable(let reason, let remedy):
      print("skipped: no libvirt here: \(reason); \(remedy ?? "see docs/libvirt.md")")
      return false
    }
  }

  static func image() async throws -> BootFiles {
    try await ImageBuilder().build().bootFiles
  }
}

/// A lab of machines in a folder of its own; nothing of it is left, whatever happened.
struct MachineFixture {
  let backend: LibvirtBackend
  let plan: LabPlan
  let record: LabRecord

  /// Two boards without a kernel: what a test needs more it changes in the plan.
  static func with(
    boards names: [String] = ["alice", "bob"],
    _ change: (inout LabPlan) async throws -> Void = { _ in
    },
    _ body: (MachineFixture) async throws -> Void
  ) async throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    var plan = plan(names, in: folder)
    try await change(&plan)
    let backend = LibvirtBackend()
    let record = try backend.record(for: plan)
    let result: Result<Void, any Error>
    do {
      try await body(MachineFixture(backend: backend, plan: plan, record: record))
      result = .success(())
    } catch { result = .failure(error) }
    if plan.uri != TestDriver.uri { try await backend.destroy(record) }
    try result.get()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  static func plan(_ names: [String], in folder: String) -> LabPlan {
    let boards = names.enumerated().map { index, name in
      LabPlan.BoardPlan(
        name: name, address: IPv4Address(value: 10 << 24 | 77 << 16 | UInt32(index + 1)))
    }
    var plan = LabPlan(
      lab: "machines", subnet: LabNetwork.defaultSubnet, boards: boards, folder: folder)
    plan.engine = .tcg
    return plan
  }

  func create() async throws -> LibvirtLab {
    let lab = try await backend.create(plan, record: record)
    return try #require(lab as? LibvirtLab)
  }

  /// What making the lab is refused with.
  func refusal() async -> LabError? {
    do throws(LabError) { _ = try await backend.create(plan, record: record) } catch {
      return error
    }
    return nil
  }

  /// Domains, networks and pools that carry the lab's id.
  func leftovers() async throws -> [String] {
    let host = try await LibvirtHost.open(try record.libvirt.uri)
    let inventory = try await LibvirtInventory.look(for: record.id, on: host)
    let pool = try host.connection.pool(named: LibvirtNames(record).pool)
    return inventory.domains.map(\.domain.name) + inventory.networks.map(\.name)
      + (pool == nil ? [] : ["pool"])
  }
}

extension RunningBoard {
  /// What a shell command on the board prints.
  func say(_ script: String) async throws -> [String] {
    guard let board = self as? LibvirtBoard else { throw CocoaError(.featureUnsupported) }
    let outcome = try await board.ssh.tool(script, step: "test")
    #expect(outcome.succeeded, "\(script): \(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }
}

/// libvirt's own driver for tests: nothing runs, and each connection has a world of its own.
enum TestDriver {
  static let uri = "test:///default"

  static func connection() throws -> LibvirtConnection {
    try LibvirtLibrary().load()
    return try LibvirtConnection(uri: uri)
  }
}
