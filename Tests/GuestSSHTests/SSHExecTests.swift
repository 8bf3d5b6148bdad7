import Foundation
import Glibc
import HostKit
import LabManifest
import LabTestSupport
import SystemPackage
import Testing

@testable import GuestSSH
@testable import LabCore

/// Commands of a person on boards that are reached by SSH.
@Suite(.serialized, .enabled(if: Server.canStart, Server.needsRoot))
struct SSHExecTests {
  /// Runs a command with files for input, output and errors.
  private func exec(
    _ fixture: SSHFixture, _ command: ExecCommand, input: String = ""
  ) async throws -> Ended {
    let names = ["in", "out", "err"].map { "\(fixture.folder)/exec.\($0)" }
    for name in names { try Data().write(to: URL(fileURLWithPath: name)) }
    try input.write(toFile: names[0], atomically: true, encoding: .utf8)
    let files = try names.map { try FileDescriptor.open(FilePath($0), .readWrite) }
    defer { for file in files { try? file.close() } }
    let status = try await fixture.board.exec(
      command, streams: Streams(input: files[0], output: files[1], error: files[2]))
    let texts = try names.map { try String(contentsOfFile: $0, encoding: .utf8) }
    return (status, texts[1], texts[2])
  }

  private func shell(_ text: String, grace: Duration = .seconds(60), terminal: Bool = false)
    -> ExecCommand
  {
    ExecCommand(
      program: "sh", arguments: ["-c", text], terminal: terminal, gracePeriod: grace)
  }

  @Test(arguments: Server.allCases) func inputOutputAndEndsComeThrough(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let input = (1...20_000).map { "line \($0)\n" }.joined()
      let all = try await exec(fixture, shell("cat; echo oops >&2; exit 7"), input: input)
      #expect(all.status == .exited(7))
      #expect(all.output == input)
      #expect(all.errors == "oops\n")
      for code in [0, 253, 254, 255] as [Int32] {
        let end = try await exec(fixture, shell("exit \(code)"))
        #expect(end.status == .exited(code))
        #expect(end.output + end.errors == "")
      }
      #expect(try await exec(fixture, shell("kill -USR1 $$")).status == .signalled(SIGUSR1))
      #expect(try await eventually { fixture.leftovers.isEmpty })
    }
  }

  @Test(arguments: Server.allCases) func commandsHaveATerminalWhenThereIsOne(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let there = try await exec(fixture, shell("tty; pwd; exit 5", terminal: true))
      #expect(there.status == .exited(5))
      let lines = there.output.split(whereSeparator: \.isNewline)
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("/dev/pts/") == true)
      #expect(lines.last.map(String.init) == fixture.place)
      let none = try await exec(fixture, shell("tty; exit 5"))
      #expect(none.output == "not a tty\n")
      let killed = try await exec(fixture, shell("kill -KILL $$", terminal: true))
      #expect(killed.status == .signalled(SIGKILL))
      // Ctrl-C reaches the command, and its starters tell its end.
      let interrupted = try await exec(
        fixture, shell("trap 'echo got it; exit 9' INT; kill -INT 0; sleep 5", terminal: true))
      #expect(interrupted.status == .exited(9))
    }
  }

  @Test(arguments: Server.allCases) func programsAreFoundAsPeopleExpect(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      _ = try fixture.command("echo \"$0 $1\"")
      let relative = try await exec(
        fixture, ExecCommand(program: "./script", arguments: ["two  words"]))
      #expect(relative.output == "\(fixture.place)/./script two  words\n")
      try FileManager.default.copyItem(
        atPath: "\(fixture.place)/script", toPath: "\(fixture.place)/a=b")
      let odd = try await exec(fixture, ExecCommand(program: "./a=b", arguments: ["c=d"]))
      #expect(odd.output == "\(fixture.place)/./a=b c=d\n")
      for program in ["nothing-of-this-name", "bin/nothing", "/nonexistent", "/tmp"] {
        await #expect { _ = try await exec(fixture, ExecCommand(program: program)) } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .commandFailed && error.message.contains(program)
        }
      }
    }
  }

  @Test(arguments: Server.allCases, [false, true])
  func cancellationLetsTheCommandTidyUp(_ server: Server, _ terminal: Bool) async throws {
    let command = shell(
      "trap 'sleep 0.2; touch tidied; exit 0' TERM; touch started; while :; do sleep 0.05; done",
      terminal: terminal)
    try await start(command, server) { fixture, failure in
      #expect(await failure { $0.cancel() } == .cancelled)
      #expect(FileManager.default.fileExists(atPath: "\(fixture.place)/tidied"))
    }
  }

  @Test(arguments: Server.allCases, [false, true])
  func aCommandThatIgnoresSIGTERMIsKilled(_ server: Server, _ terminal: Bool) async throws {
    let command = shell(
      "trap '' TERM HUP; touch started; while :; do sleep 0.05; done", grace: .milliseconds(200),
      terminal: terminal)
    try await start(command, server) { _, failure in
      #expect(await failure { $0.cancel() } == .cancelled)
    }
  }

  /// What a command leaves running when it ends lives on, as in every mode.
  @Test(arguments: Server.allCases, ["setsid", ""])
  func whatACommandLeavesLives(_ server: Server, _ way: String) async throws {
    try await SSHFixture.with(server) { fixture in
      let end = try await exec(
        fixture,
        shell("\(way) sleep 600 </dev/null >/dev/null 2>&1 & echo $! >left; echo over; exit 3"))
      #expect(end.status == .exited(3))
      #expect(end.output == "over\n")
      try await Task.sleep(for: .milliseconds(500))
      let left = try String(contentsOfFile: "\(fixture.place)/left", encoding: .utf8)
      let process = try #require(pid_t(left.trimmingCharacters(in: .newlines)))
      #expect(LabProcesses.marks(of: process)?[LabProcesses.boardKey] == "alice")
      kill(process, SIGKILL)
    }
  }

  @Test(arguments: Server.allCases) func aDetachedCommandRunsOn(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      let process = try await fixture.board.detach(
        shell("pwd; echo oops >&2; exec sleep 600"))
      await fixture.connection.close()
      try await Task.sleep(for: .milliseconds(300))
      let found = try await fixture.board.detached()
      #expect(found.map(\.process) == [process])
      #expect(found.map(\.isRunning) == [true])
      #expect(found.first?.text == "\(fixture.place)\noops\n")
      kill(process, SIGKILL)
      #expect(try await eventually { fixture.programs.isEmpty })
      let afterwards = try await fixture.board.detached()
      #expect(afterwards.map(\.isRunning) == [false])
      for program in ["nothing-of-this-name", "bin/nothing", "/nonexistent", "/tmp"] {
        await #expect {
          _ = try await fixture.board.detach(ExecCommand(program: program))
        } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .commandFailed && error.message.contains(program)
        }
      }
      let kept = try await fixture.board.detached()
      #expect(kept.count == 1)
    }
  }

  /// A board of the user's own learns the names of all; what else its file says stays.
  @Test(arguments: Server.allCases) func namesAreWrittenOnce(_ server: Server) async throws {
    let prelude = """
      printf '127.0.0.1 localhost\\n10.1.2.3 mine' >"$folder/hosts"
      mount --bind "$folder/hosts" /etc/hosts

      """
    try await SSHFixture.with(server, prelude: prelude) { fixture in
      let boards = ["alice", "bob", "carol"].enumerated().map { index, name in
        LabRecord.Board(name: name, address: "10.77.0.\(index + 1)")
      }
      try await fixture.board.assignNames(Array(boards.prefix(2)))
      try await fixture.board.assignNames(boards)
      try await fixture.board.assignNames(boards)
      let text = try String(contentsOfFile: "\(fixture.folder)/hosts", encoding: .utf8)
      #expect(
        text == """
          127.0.0.1 localhost
          10.1.2.3 mine
          # boards of the lab, by pilab
          10.77.0.1 alice
          10.77.0.2 bob
          10.77.0.3 carol
          # end of the boards of the lab

          """)
    }
  }

  @Test(arguments: Server.allCases, [false, true])
  func aLostConnectionEndsTheCommand(_ server: Server, _ terminal: Bool) async throws {
    let command = shell(
      "trap '' HUP TERM; touch started; while :; do sleep 0.05; done", terminal: terminal)
    try await start(command, server) { fixture, failure in
      #expect(await failure { _ in fixture.killSessions() } == .connectionLost)
    }
  }

  private typealias Ended = (status: CommandStatus, output: String, errors: String)
  private typealias Running = Task<Ended, any Error>

  /// Runs a command; when it has made the file `started`, `body` has it fail. Nothing of it is left on the board.
  private func start(
    _ command: ExecCommand, _ server: Server,
    _ body: (SSHFixture, _ failure: ((Running) -> Void) async -> LabError.Code?) async -> Void
  ) async throws {
    try await SSHFixture.with(server) { fixture in
      let task = Running { try await exec(fixture, command) }
      let started = try await eventually {
        FileManager.default.fileExists(atPath: "\(fixture.place)/started")
      }
      #expect(started)
      await body(fixture) { interrupt in
        interrupt(task)
        guard case .failure(let error) = await task.result else { return nil }
        return (error as? LabError)?.code
      }
      #expect(try await eventually { fixture.programs.isEmpty && fixture.leftovers.isEmpty })
    }
  }
}
