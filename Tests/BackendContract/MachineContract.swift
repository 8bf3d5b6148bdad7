import Backends
import BootImage
import Foundation
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import LabCore

/// On machines, which take a while to start: all promises in one lab of each backend. Where a lab of the backend is up
/// already it is taken: `PILAB_CONTRACT_STATE` is its state file, and whoever made it takes it down.
@Suite(.serialized) struct MachineContract {
  /// Whether the backend can be tried here; says why not. With CI set it is tried in any case.
  private static func canBeTried(_ backend: any LabBackend) async -> Bool {
    guard ProcessInfo.processInfo.environment["CI"] == nil else { return true }
    switch await backend.probe() {
    case .available, .limited, .slow: return true
    case .unavailable(let reason, let remedy):
      print("skipped: no \(backend.mode.rawValue) here: \(reason); \(remedy ?? "")")
      return false
    }
  }

  @Test func libvirtKeepsThem() async throws { try await keepsAll("libvirt") }

  @Test func virtualBoxKeepsThem() async throws { try await keepsAll("virtualbox") }

  private func keepsAll(_ name: String) async throws {
    let backend = try #require(Backends.all.first { $0.mode.rawValue == name })
    if let record = try Self.lent(), record.mode == backend.mode {
      let lab = try await backend.attach(record)
      return try await withTemporaryFolder { folder in
        let plan = LabFixture.plan(record.boards.map(\.name), in: folder)
        await check(
          LabFixture(backend: backend, plan: plan, lab: lab, board: try lab.board("alice")))
      }
    }
    guard await Self.canBeTried(backend) else { return }
    let image = try await ImageBuilder().build().bootFiles
    try await withTemporaryFolder { folder in
      var plan = LabFixture.plan(["alice", "bob"], in: folder, lifetime: .untilDestroyed)
      plan.image = image
      plan.impairment = LinkImpairment(rate: BitRate(bitsPerSecond: 80_000_000))
      let record = try backend.record(for: plan)
      let result: Result<Void, any Error>
      do {
        let lab = try await backend.create(plan, record: record)
        await check(
          LabFixture(backend: backend, plan: plan, lab: lab, board: try lab.board("alice")))
        result = .success(())
      } catch { result = .failure(error) }
      for _ in 1...2 { try await backend.destroy(record) }
      try result.get()
      try await isGone(record, backend)
    }
  }

  /// Nil where none is.
  private static func lent() throws -> LabRecord? {
    guard let path = ProcessInfo.processInfo.environment["PILAB_CONTRACT_STATE"] else { return nil }
    struct State: Decodable {
      var record: LabRecord
    }
    return try JSONDecoder().decode(
      State.self, from: try Data(contentsOf: URL(fileURLWithPath: path))
    ).record
  }

  private func check(_ fixture: LabFixture) async {
    for promise in Promise.all {
      do { try await promise.check(fixture) } catch {
        Issue.record("\(fixture.backend.mode): \(promise.name): \(error)")
      }
    }
  }

  private func isGone(_ record: LabRecord, _ backend: any LabBackend) async throws {
    #expect(await backend.status(record).allSatisfy { $0.state == .absent })
    await #expect { _ = try await backend.attach(record) } throws: {
      ($0 as? LabError)?.code == .broken
    }
    #expect(await backend.traces().found.allSatisfy { $0.id != record.id })
    #expect(LabProcesses.all(of: record.id).isEmpty)
  }
}
