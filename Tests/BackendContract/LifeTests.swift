import Foundation
import LabCore
import LabTestSupport
import TestSupport
import Testing

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
      try await fixture.backend.destroy(record)
      #expect(await fixture.backend.status(record).map(\.state) == [.absent, .absent])
      await #expect { _ = try await fixture.backend.attach(record) } throws: {
        ($0 as? LabError)?.code == .broken
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
        guard let error = $0 as? LabError else { return false }
        return error.code == .broken && error.message.contains("bob")
      }
      let states = await fixture.backend.status(fixture.lab.record).map(\.state)
      #expect(states[0] == .running)
      #expect(states[1] != .running)
    }
  }

  @Test(arguments: Backend.allCases)
  func whatWasNeverMadeIsDestroyedToo(_ backend: Backend) async throws {
    try await withTemporaryFolder { folder in
      let record = try backend.value.record(for: LabFixture.plan(["alice"], in: folder))
      try await backend.value.destroy(record)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
