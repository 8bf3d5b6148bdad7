import Foundation
import Glibc
import HostKit
import Testing

@testable import LabBackends

/// Labs that outlive the process that made them, and what is left when things end badly.
struct LabLifeTests {
  @Test(arguments: Backend.allCases)
  func aLabIsFoundAgainByItsRecord(_ backend: Backend) async throws {
    try await LabFixture.with(backend, boards: ["alice", "bob"], lifetime: .untilDestroyed) {
      fixture in
      let text = try JSONEncoder().encode(fixture.lab.record)
      let record = try JSONDecoder().decode(LabRecord.self, from: text)
      #expect(record == fixture.lab.record)
      let again = try await fixture.backend.attach(record)
      let status = try await again.board("bob").exec(
        ExecCommand(program: "sh", arguments: ["-c", "echo found >note"]))
      #expect(status == .exited(0))
      #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/boards/bob/note"))
      #expect(await fixture.backend.status(record).map(\.state) == [.running, .running])
      try await again.destroy()
      #expect(await fixture.backend.status(record).map(\.state) == [.absent, .absent])
      await #expect { _ = try await fixture.backend.attach(record) } throws: {
        ($0 as? BackendError)?.code == .broken
      }
    }
  }

  @Test(arguments: Backend.allCases)
  func statusNamesTheProgramsOfEachBoard(_ backend: Backend) async throws {
    try await LabFixture.with(backend, boards: ["alice", "bob"]) { fixture in
      let program = try await fixture.script("echo up; exec sleep 600")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(BoardCommand(program: program)) { lines.append($0) } }
      #expect(try await lines.first() == "up")
      let status = await fixture.backend.status(fixture.lab.record)
      #expect(status.map(\.processes.count) == [1, 0])
      task.cancel()
      _ = await task.result
    }
  }

  @Test(arguments: Backend.allCases)
  func destroyEndsProgramsThatWouldStay(_ backend: Backend) async throws {
    try await LabFixture.with(backend, lifetime: .untilDestroyed) { fixture in
      let (status, _) = try await fixture.run("setsid sleep 600 >/dev/null 2>&1 & sleep 0.2")
      #expect(status == .exited(0))
      #expect(fixture.programs.count == 1)
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(fixture.programs.isEmpty)
    }
  }

  @Test(arguments: Backend.allCases)
  func aMissingFolderIsNamed(_ backend: Backend) async throws {
    try await LabFixture.with(backend, boards: ["alice", "bob"]) { fixture in
      try FileManager.default.removeItem(atPath: "\(fixture.folder)/boards/bob")
      await #expect { _ = try await fixture.backend.attach(fixture.lab.record) } throws: {
        guard let error = $0 as? BackendError else { return false }
        return error.code == .broken && error.message.contains("bob")
      }
      let states = await fixture.backend.status(fixture.lab.record).map(\.state)
      #expect(states[0] == .running)
      #expect(states[1] != .running)
    }
  }

  @Test(arguments: Backend.allCases)
  func whatWasNeverMadeIsDestroyedToo(_ backend: Backend) async throws {
    try await LabFixture.withFolder { folder in
      let record = try backend.value.record(for: LabFixture.plan(["alice"], in: folder))
      try await backend.value.destroy(record)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}

struct NamespaceLifeTests {
  private func holder(of fixture: LabFixture) throws -> NamespaceHolder {
    let state = NamespaceState(labFolder: fixture.folder)
    return try #require(state.holder(of: fixture.lab.record.id))
  }

  @Test func withItsHolderTheWholeLabIsGone() async throws {
    try await LabFixture.with(.namespace, lifetime: .untilDestroyed) { fixture in
      _ = try await fixture.run("setsid sleep 600 >/dev/null 2>&1 & sleep 0.2")
      let holder = try holder(of: fixture)
      kill(holder.pid, SIGKILL)
      #expect(try await eventually { LabProcesses.all(of: fixture.lab.record.id).isEmpty })
      await #expect { _ = try await fixture.backend.attach(fixture.lab.record) } throws: {
        ($0 as? BackendError)?.code == .broken
      }
      let missing = try #require(BoardPath("bin/script"))
      await #expect {
        _ = try await fixture.board.run(BoardCommand(program: missing)) { _ in }
      } throws: { ($0 as? BackendError)?.code == .broken }
      let states = await fixture.backend.status(fixture.lab.record).map(\.state)
      #expect(states == [.broken("its network is missing and its folder is there")])
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(await fixture.backend.status(fixture.lab.record).map(\.state) == [.absent])
      #expect(!FileManager.default.fileExists(atPath: "\(fixture.folder)/network"))
    }
  }

  @Test func aStrangerWithTheHoldersNumberIsLeftAlone() async throws {
    try await LabFixture.with(.namespace, lifetime: .untilDestroyed) { fixture in
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
    try await LabFixture.with(.namespace, lifetime: .untilDestroyed) { fixture in
      let holder = try holder(of: fixture)
      try FileManager.default.removeItem(atPath: "\(fixture.folder)/network")
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(!holder.isAlive)
    }
  }

  @Test func aLabOfTheCallerEndsWithIt() async throws {
    try await LabFixture.withFolder { folder in
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
    try await LabFixture.withFolder { folder in
      let plan = LabFixture.plan((1...40).map { "board\($0)" }, in: folder)
      let record = try NamespaceBackend().record(for: plan)
      let task = Task { try await NamespaceBackend().create(plan, record: record) }
      try await Task.sleep(for: .milliseconds(milliseconds))
      task.cancel()
      if case .success(let lab) = await task.result { try await lab.destroy() }
      #expect(LabProcesses.all(of: record.id).isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aFailedScriptLeavesNothingAndSaysWhy() async throws {
    try await LabFixture.withFolder { folder in
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
        guard let error = $0 as? BackendError else { return false }
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
