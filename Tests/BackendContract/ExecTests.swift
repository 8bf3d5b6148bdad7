import Foundation
import Glibc
import LabTestSupport
import Testing

@testable import LabCore

/// Commands of a person on a board.
struct ExecTests {
  private func shell(_ text: String, grace: Duration = .seconds(60)) -> ExecCommand {
    ExecCommand(program: "sh", arguments: ["-c", text], gracePeriod: grace)
  }

  @Test(arguments: [0, 1, 126, 255] as [Int32], Backend.allCases)
  func exitCodesComeThrough(_ code: Int32, _ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let status = try await fixture.board.exec(shell("exit \(code)"))
      #expect(status == .exited(code))
    }
  }

  @Test(arguments: Backend.allCases, [false, true])
  func signalsComeThrough(_ backend: Backend, _ terminal: Bool) async throws {
    try await LabFixture.with(backend) { fixture in
      var command = shell("kill -USR1 $$")
      command.terminal = terminal
      let status = try await fixture.board.exec(command)
      #expect(status == .signalled(SIGUSR1))
    }
  }

  @Test(arguments: Backend.allCases)
  func commandsWorkInTheBoardsFolder(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      _ = try await fixture.script("echo \"$1\" >here", named: "note")
      let command = ExecCommand(program: "bin/note", arguments: ["two  words"])
      let status = try await fixture.board.exec(command)
      #expect(status == .exited(0))
      let text = try String(contentsOfFile: "\(fixture.folder)/boards/alice/here", encoding: .utf8)
      #expect(text == "two  words\n")
    }
  }

  @Test(
    arguments: ["nothing-of-this-name", "bin/nothing", "/nonexistent", "/tmp"], Backend.allCases)
  func missingProgramsAreNamed(_ program: String, _ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      await #expect { _ = try await fixture.board.exec(ExecCommand(program: program)) } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .commandFailed && error.message.contains(program)
      }
    }
  }

  @Test(arguments: Backend.allCases, [false, true])
  func cancellationLetsTheCommandTidyUp(_ backend: Backend, _ terminal: Bool) async throws {
    try await LabFixture.with(backend) { fixture in
      let place = "\(fixture.folder)/boards/alice"
      var command = shell(
        "trap 'sleep 0.2; touch tidied; exit 0' TERM; touch started; while :; do sleep 0.05; done")
      command.terminal = terminal
      let (board, told) = (fixture.board, command)
      let task = Task { try await board.exec(told) }
      let started = try await eventually {
        FileManager.default.fileExists(atPath: "\(place)/started")
      }
      #expect(started)
      task.cancel()
      await #expect { _ = try await task.value } throws: {
        ($0 as? LabError)?.code == .cancelled
      }
      #expect(FileManager.default.fileExists(atPath: "\(place)/tidied"))
      let over = try await eventually { fixture.programs.isEmpty }
      #expect(over)
    }
  }

  /// In the command's own process group, where only the end of the lab may reach it, and in a session of its own.
  @Test(arguments: Backend.allCases, ["", "setsid nohup"])
  func whatACommandLeavesLivesUntilTheLabEnds(_ backend: Backend, _ way: String) async throws {
    try await LabFixture.with(backend) { fixture in
      let status = try await fixture.board.exec(
        shell("\(way) sleep 600 </dev/null >/dev/null 2>&1 &"))
      #expect(status == .exited(0))
      // A guard that ended the group would have done so by now.
      try await Task.sleep(for: .milliseconds(500))
      #expect(!fixture.programs.isEmpty)
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(fixture.programs.isEmpty)
    }
  }

  @Test(arguments: Backend.allCases, [false, true])
  func aCommandThatIgnoresSIGTERMIsKilled(_ backend: Backend, _ terminal: Bool) async throws {
    try await LabFixture.with(backend) { fixture in
      let place = "\(fixture.folder)/boards/alice"
      var command = shell(
        "trap '' TERM; touch started; while :; do sleep 0.05; done", grace: .milliseconds(200))
      command.terminal = terminal
      let (board, told) = (fixture.board, command)
      let task = Task { try await board.exec(told) }
      let started = try await eventually {
        FileManager.default.fileExists(atPath: "\(place)/started")
      }
      #expect(started)
      task.cancel()
      _ = await task.result
      let over = try await eventually { fixture.programs.isEmpty }
      #expect(over)
    }
  }
}
