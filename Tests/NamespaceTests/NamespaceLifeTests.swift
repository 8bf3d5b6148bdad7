import Foundation
import Glibc
import HostKit
import LabTestSupport
import TestSupport
import Testing

@testable import LabCore
@testable import Namespace

struct NamespaceLifeTests {
  private func holder(of fixture: LabFixture) throws -> NamespaceHolder {
    let state = NamespaceState(labFolder: fixture.folder)
    return try #require(state.holder(of: fixture.lab.record.id))
  }

  @Test func withItsHolderTheWholeLabIsGone() async throws {
    try await LabFixture.with(NamespaceBackend(), lifetime: .untilDestroyed) { fixture in
      _ = try await fixture.run("setsid sleep 600 >/dev/null 2>&1 & sleep 0.2")
      let holder = try holder(of: fixture)
      kill(holder.pid, SIGKILL)
      #expect(try await eventually { LabProcesses.all(of: fixture.lab.record.id).isEmpty })
      await #expect { _ = try await fixture.backend.attach(fixture.lab.record) } throws: {
        ($0 as? LabError)?.code == .broken
      }
      let missing = try #require(BoardPath("bin/script"))
      await #expect {
        _ = try await fixture.board.run(BoardCommand(program: missing)) { _ in }
      } throws: { ($0 as? LabError)?.code == .broken }
      let states = await fixture.backend.status(fixture.lab.record).map(\.state)
      #expect(states == [.broken("its network is missing and its folder is there")])
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(await fixture.backend.status(fixture.lab.record).map(\.state) == [.absent])
      #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/network"))
    }
  }

  @Test func aStrangerWithTheHoldersNumberIsLeftAlone() async throws {
    try await LabFixture.with(NamespaceBackend(), lifetime: .untilDestroyed) { fixture in
      let stranger = Process()
      stranger.executableURL = URL(fileURLWithPath: "/bin/sleep")
      stranger.arguments = ["600"]
      stranger.standardOutput = FileHandle.nullDevice
      try stranger.run()
      // SIGTERM may be blocked, as it is for what this thread starts.
      defer { kill(stranger.processIdentifier, SIGKILL) }
      let holder = try holder(of: fixture)
      try "\(stranger.processIdentifier)".write(
        toFile: "\(fixture.folder)/network/holder", atomically: true, encoding: .utf8)
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(stranger.isRunning)
      #expect(!holder.isAlive)
    }
  }

  @Test func aHolderThatWasNeverNotedIsFound() async throws {
    try await LabFixture.with(NamespaceBackend(), lifetime: .untilDestroyed) { fixture in
      let holder = try holder(of: fixture)
      try FileManager.default.removeItem(atPath: "\(fixture.folder)/network")
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(!holder.isAlive)
    }
  }

  @Test func aLabOfTheCallerEndsWithIt() async throws {
    try await withTemporaryFolder { folder in
      let plan = LabFixture.plan(["alice"], in: folder)
      var lab: (any RunningLab)? = try await NamespaceBackend().create(plan)
      let record = try #require(lab?.record)
      let holder = try #require(NamespaceState(labFolder: folder).holder(of: record.id))
      lab = nil
      #expect(try await eventually { !holder.isAlive })
      try await NamespaceBackend().destroy(record)
    }
  }

  /// Whenever making is interrupted, nothing is left.
  @Test(arguments: [0, 2, 5, 10, 20, 40])
  func interruptedCreationLeavesNothing(_ milliseconds: Int) async throws {
    try await withTemporaryFolder { folder in
      let plan = LabFixture.plan((1...40).map { "board\($0)" }, in: folder)
      let record = try NamespaceBackend().record(for: plan)
      let task = Task { try await NamespaceBackend().create(plan, record: record) }
      try await Task.sleep(for: .milliseconds(milliseconds))
      task.cancel()
      if case .success(let lab) = await task.result {
        try await NamespaceBackend().destroy(lab.record)
      }
      #expect(LabProcesses.all(of: record.id).isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aFailedScriptLeavesNothingAndSaysWhy() async throws {
    try await withTemporaryFolder { folder in
      // An ip that makes half of the lab and fails.
      let tools = try FakeTools(in: folder)
      let ip = try #require(Tool(searchPath: Tool.standardSearchPath).path(of: "ip"))
      try tools.replace(
        "ip", by: "case $1 in -n) echo 'no such luck' >&2; exit 3;; *) exec \(ip) \"$@\";; esac")
      let plan = LabFixture.plan(["alice"], in: folder + "/lab")
      try FileManager.default.createDirectory(
        atPath: plan.folder, withIntermediateDirectories: true)
      await #expect {
        _ = try await NamespaceBackend(searchPath: tools.path).create(plan)
      } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .boardNotCreated && error.cause?.contains("no such luck") == true
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: plan.folder).isEmpty)
    }
  }
}

/// A folder of tools, in which some are missing or others.
struct FakeTools {
  let path: String

  init(in folder: String) throws {
    path = folder + "/tools"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let real = Tool(searchPath: Tool.standardSearchPath)
    let names = [
      "ip", "sh", "unshare", "nsenter", "mount", "umount", "mkdir", "sleep", "cat", "tc", "nft",
      "hostname",
    ]
    for name in names {
      guard let place = real.path(of: name) else { continue }
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/\(name)", withDestinationPath: place)
    }
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  func replace(_ name: String, by script: String) throws {
    try remove(name)
    try "#!/bin/sh\n\(script)\n".write(
      toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(path)/\(name)")
  }
}
