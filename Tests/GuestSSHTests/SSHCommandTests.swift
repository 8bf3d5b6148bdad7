import Foundation
import Glibc
import LabTestSupport
import Testing

@testable import GuestSSH
@testable import LabCore

/// Programs on boards that are reached by SSH.
@Suite(.serialized, .enabled(if: Server.canStart, Server.needsRoot))
struct SSHCommandTests {
  @Test(arguments: Server.allCases) func endsAreToldExactly(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      for code in [0, 1, 9, 126, 127, 128, 137, 143, 253, 254, 255] as [Int32] {
        let status = try await fixture.shell("exit \(code)").status
        #expect(status == .exited(code))
      }
      for signal in [SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGTERM, SIGSEGV, SIGUSR1] {
        let status = try await fixture.shell("kill -\(signal) $$").status
        #expect(status == .signalled(signal))
      }
      #expect(fixture.leftovers.isEmpty)
    }
  }

  @Test(arguments: Server.allCases) func argumentsHaveEveryByte(_ server: Server) async throws {
    let bytes = String(String.UnicodeScalarView((1...255).map { UnicodeScalar($0)! }))
    var arguments = [
      "", " ", "'", "''\\''", "-n", "--", "\n\n", "\\", "$HOME `id`", "!", "ü", bytes,
    ]
    for index in 0..<200 {
      let scalar = UnicodeScalar(UInt8(index + 1))
      arguments.append("\(index)\(scalar)'\(scalar)\"")
    }
    try await SSHFixture.with(server) { fixture in
      let (status, _) = try await fixture.shell(
        #"for a; do printf "%s\0" "$a"; done >arguments"#, arguments)
      #expect(status == .exited(0))
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.place)/arguments"))
      #expect(Array(data) == arguments.flatMap { Array($0.utf8) + [0] })
    }
  }

  @Test(arguments: Server.allCases) func programsHaveTheBoardsSurroundings(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let (_, names) = try await fixture.shell(
        #"tr "\0" "\n" </proc/$$/environ | cut -d= -f1 | sort"#)
      #expect(
        names.texts(.standardOutput) == ["HOME", "LANG", "PATH", "PILAB_BOARD", "PILAB_LAB"])
      let (_, place) = try await fixture.shell("pwd -P; readlink /proc/self/fd/0; ls /proc/$$/fd")
      #expect(place.texts(.standardOutput).prefix(2) == [fixture.place, "/dev/null"])
      // 0, 1, 2, and the script.
      #expect(place.texts(.standardOutput).count == 6)
    }
  }

  @Test(arguments: Server.allCases) func everyByteOfALargeOutputArrives(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let (status, lines) = try await fixture.shell(
        "seq 1 100000; seq 1 1000 >&2; printf 'no line feed'; exit 3")
      #expect(status == .exited(3))
      let out = lines.texts(.standardOutput)
      #expect(out.count == 100_001 && out[99_999] == "100000" && out.last == "no line feed")
      #expect(lines.texts(.standardError) == (1...1000).map(String.init))
    }
  }

  @Test(arguments: Server.allCases) func whatIsNoProgramIsNamed(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      let path = "\(fixture.place)/broken"
      let program = try #require(BoardPath("broken"))
      func refusal() async -> LabError? {
        do {
          let status = try await fixture.board.run(BoardCommand(program: program)) { _ in }
          Issue.record("it ended: \(status)")
          return nil
        } catch { return error as LabError }
      }
      #expect(await refusal()?.message.contains("no executable broken") == true)
      for content in [[0x7F, 0x45, 0x4C, 0x46, 0, 0, 0, 0], Array("echo\n".utf8), []] as [[UInt8]] {
        try Data(content).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o755)
        #expect(await refusal()?.message.contains("is not a program") == true)
      }
      try Data("#!/nonexistent\n".utf8).write(to: URL(fileURLWithPath: path))
      let missing = await refusal()
      #expect(missing?.code == .commandFailed && missing?.cause != nil)
      #expect(fixture.leftovers.isEmpty)
      try FileManager.default.removeItem(atPath: fixture.place)
      #expect(await refusal()?.message.contains("in its folder") == true)
    }
  }

  @Test(arguments: Server.allCases) func cancellationLetsTheProgramTidyUp(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let command = try fixture.command(
        "trap 'echo tidied >tidied; exit 0' TERM; sleep 600 & echo ready; wait")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(command) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      #expect(fixture.programs.count == 2)
      task.cancel()
      await #expect { try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
      #expect(FileManager.default.fileExists(atPath: "\(fixture.place)/tidied"))
      #expect(try await eventually { fixture.programs.isEmpty && fixture.leftovers.isEmpty })
    }
  }

  @Test(arguments: Server.allCases) func whatIgnoresSIGTERMIsKilled(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      let command = try fixture.command(
        "trap '' TERM; (sleep 600; :) & echo ready; while :; do sleep 1; done",
        grace: .milliseconds(200))
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(command) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      task.cancel()
      await #expect { try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
      #expect(try await eventually { fixture.programs.isEmpty && fixture.leftovers.isEmpty })
    }
  }

  @Test(arguments: Server.allCases) func whatAProgramLeavesRunningIsEnded(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let (status, _) = try await fixture.shell("sleep 600 & exit 5")
      #expect(status == .exited(5))
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test(arguments: Server.allCases) func anOverlongLineIsAnError(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      await #expect {
        _ = try await fixture.shell("head -c 3000000 /dev/zero | tr '\\0' x; sleep 600")
      } throws: {
        ($0 as? LabError)?.code == .commandFailed
      }
      let over = try await eventually { fixture.programs.isEmpty }
      #expect(over)
    }
  }

  @Test(arguments: Server.allCases) func aLostConnectionEndsTheProgramAndIsTold(_ server: Server)
    async throws
  {
    try await SSHFixture.with(server) { fixture in
      let command = try fixture.command("echo ready; exec sleep 600")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(command) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      fixture.killSessions()
      await #expect { try await task.value } throws: {
        ($0 as? LabError)?.code == .connectionLost
      }
      #expect(try await eventually { fixture.programs.isEmpty })
      // The next command makes a new connection.
      let status = try await fixture.shell("exit 4").status
      #expect(status == .exited(4))
    }
  }

  /// As when pilab is killed: the guard of its processes kills ssh, and the master lives on.
  @Test(arguments: Server.allCases) func aProgramEndsWithItsClient(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      let command = try fixture.command("trap '' HUP TERM; echo ready; while :; do sleep 1; done")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(command) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      let clients = LabProcesses.all(of: fixture.connection.target.lab).filter { process in
        let words = try? String(contentsOfFile: "/proc/\(process.pid)/cmdline", encoding: .utf8)
        return process.board == nil && words?.contains("ControlMaster=no") == true
      }
      #expect(clients.count == 1)
      for client in clients { kill(client.pid, SIGKILL) }
      await #expect { try await task.value } throws: {
        ($0 as? LabError)?.code == .connectionLost
      }
      #expect(try await eventually { fixture.programs.isEmpty && fixture.leftovers.isEmpty })
      #expect(fixture.connection.isOpen)
    }
  }

  /// The shells on the board that start a program are killed, as where memory runs out.
  @Test(arguments: Server.allCases) func aSessionThatEndsAloneIsTold(_ server: Server) async throws
  {
    try await SSHFixture.with(server) { fixture in
      let command = try fixture.command("kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat)")
      await #expect { try await fixture.board.run(command) { _ in } } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .connectionLost && error.cause?.contains("no other") == true
      }
      let status = try await fixture.shell("exit 3").status
      #expect(status == .exited(3))
    }
  }

  /// What sudo(8) says where it refuses, and where it only complains.
  @Test func refusalsOfSudo() {
    let complaint = "sudo: unable to resolve host own: Temporary failure in name resolution"
    #expect(SSHBoard.refusal(in: complaint) == nil)
    #expect(SSHBoard.refusal(in: "tc: no such device\n") == nil)
    #expect(SSHBoard.refusal(in: "") == nil)
    for refusal in [
      "sudo: a password is required", "pi is not in the sudoers file.",
      "sh: 1: sudo: not found", "sudo: sorry, you must have a tty to run sudo",
    ] {
      #expect(SSHBoard.refusal(in: refusal) == refusal)
      #expect(SSHBoard.refusal(in: "\(complaint)\n\(refusal)\n") == refusal)
    }
  }
}
