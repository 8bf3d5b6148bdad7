import Foundation
import Glibc
import LabTestSupport
import Testing

@testable import LabCore

/// Commands that are left running on a board.
struct DetachTests {
  private func shell(_ text: String) -> ExecCommand {
    ExecCommand(program: "sh", arguments: ["-c", text])
  }

  @Test(arguments: Backend.allCases)
  func aCommandRunsOnUntilTheLabEnds(_ backend: Backend) async throws {
    try await LabFixture.with(backend, boards: ["alice", "bob"], lifetime: .untilDestroyed) {
      fixture in
      let process = try await fixture.board.detach(shell("pwd; echo oops >&2; exec sleep 600"))
      #expect(process > 1)
      // A guard that ended the session would have done so by now.
      try await Task.sleep(for: .milliseconds(300))
      let again = try await fixture.backend.attach(fixture.lab.record)
      let found = try await again.board("alice").detached()
      #expect(found.map(\.process) == [process])
      #expect(found.map(\.isRunning) == [true])
      #expect(
        found.first?.command == "/usr/bin/sh -c pwd; echo oops >&2; exec sleep 600"
          || found.first?.command == "/bin/sh -c pwd; echo oops >&2; exec sleep 600")
      #expect(found.first?.text == "\(fixture.folder)/boards/alice\noops\n")
      let ofBob = try await again.board("bob").detached()
      #expect(ofBob == [])
      let status = await fixture.backend.status(fixture.lab.record)
      #expect(status.map(\.processes.count) == [1, 0])
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(fixture.programs.isEmpty)
    }
  }

  /// By the number that was told, as a person would.
  @Test(arguments: Backend.allCases, ["TERM", "INT"])
  func itIsEndedByItsNumber(_ backend: Backend, _ signal: String) async throws {
    try await LabFixture.with(backend) { fixture in
      let first = try await fixture.board.detach(shell("echo one; exec sleep 600"))
      let second = try await fixture.board.detach(
        ExecCommand(program: "printf", arguments: ["%s", "two  words, no line feed"]))
      let told = try await fixture.board.exec(shell("kill -\(signal) \(first)"))
      #expect(told == .exited(0))
      #expect(try await eventually { fixture.programs.isEmpty })
      let found = try await fixture.board.detached()
      #expect(found.map(\.process) == [first, second])
      #expect(found.map(\.isRunning) == [false, false])
      #expect(found.map(\.text) == ["one\n", "two  words, no line feed"])
    }
  }

  @Test(
    arguments: ["nothing-of-this-name", "bin/nothing", "/nonexistent", "/tmp"], Backend.allCases)
  func missingProgramsAreNamed(_ program: String, _ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      await #expect { _ = try await fixture.board.detach(ExecCommand(program: program)) } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .commandFailed && error.message.contains(program)
      }
      let kept = try await fixture.board.detached()
      #expect(kept == [])
    }
  }

  @Test(arguments: Backend.allCases)
  func whatTheKernelRefusesIsNoCommand(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let local = "\(fixture.folder)/odd"
      try "#!/no/such/shell\n".write(toFile: local, atomically: true, encoding: .utf8)
      try await fixture.board.put(
        local, to: try #require(BoardPath("odd")), access: .program)
      await #expect { _ = try await fixture.board.detach(ExecCommand(program: "./odd")) } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .commandFailed && error.message.contains("odd")
      }
      let kept = try await fixture.board.detached()
      #expect(kept == [])
    }
  }

  /// A program that ends at once was started all the same, and what it says is kept.
  @Test(arguments: Backend.allCases)
  func anEarlyEndIsKept(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      _ = try await fixture.board.detach(shell("no-such-command; exit 127"))
      #expect(try await eventually { fixture.programs.isEmpty })
      let found = try await fixture.board.detached()
      #expect(found.map(\.isRunning) == [false])
      #expect(found.first?.text.contains("no-such-command") == true)
    }
  }
}
