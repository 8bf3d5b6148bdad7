import Foundation
import Glibc
import LabTestSupport
import Testing

@testable import LabCore

struct CommandTests {
  @Test(arguments: [0, 1, 7, 126, 255] as [Int32], Backend.allCases)
  func exitCodeIsTheProgramsOwn(_ code: Int32, _ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let (status, _) = try await fixture.run("exit \(code)")
      #expect(status == .exited(code))
    }
  }

  @Test(arguments: Backend.allCases) func deathBySignalIsToldApart(_ backend: Backend) async throws
  {
    try await LabFixture.with(backend) { fixture in
      let (status, _) = try await fixture.run("kill -SEGV $$")
      #expect(status == .signalled(SIGSEGV))
    }
  }

  @Test(arguments: Backend.allCases) func streamsAreSeparateAndInOrder(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let (_, lines) = try await fixture.run(
        "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no line feed'")
      let out = lines.filter { $0.stream == .standardOutput }.map(\.text)
      let err = lines.filter { $0.stream == .standardError }.map(\.text)
      #expect(out == ["out 1", "out 2", "out 3", "no line feed"])
      #expect(err == ["err 1", "err 2", "err 3"])
    }
  }

  @Test(arguments: Backend.allCases) func everyByteOfALargeOutputArrives(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let (status, lines) = try await fixture.run("seq 1 200000; exit 3")
      #expect(status == .exited(3))
      #expect(lines.count == 200_000)
      #expect(lines.last?.text == "200000")
    }
  }

  @Test(arguments: Backend.allCases) func otherLineBreaksDoNotSplitALine(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let (_, lines) = try await fixture.run(#"printf 'a\013b\342\200\250c\n'"#)
      #expect(lines.map(\.text) == ["a\u{B}b\u{2028}c"])
    }
  }

  @Test(arguments: Backend.allCases) func linesComeWhileTheProgramRuns(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let program = try await fixture.script("echo ready; sleep 600")
      let lines = Lines()
      let board = fixture.board
      let task = Task { try await board.run(BoardCommand(program: program)) { lines.append($0) } }
      #expect(try await lines.first() == "ready")
      task.cancel()
      await #expect(throws: LabError.self) { try await task.value }
    }
  }

  @Test(arguments: Backend.allCases) func argumentsArriveAsTheyAre(_ backend: Backend) async throws
  {
    try await LabFixture.with(backend) { fixture in
      let arguments = ["", "two words", "$HOME `id` \"'", "--", "ü"]
      let (_, lines) = try await fixture.run(#"printf '<%s>\n' "$@""#, arguments)
      #expect(lines.map(\.text) == arguments.map { "<\($0)>" })
    }
  }

  @Test(arguments: Backend.allCases) func environmentIsClean(_ backend: Backend) async throws {
    setenv("PILAB_TEST_LEAK", "1", 1)
    defer { unsetenv("PILAB_TEST_LEAK") }
    try await LabFixture.with(backend) { fixture in
      let (_, lines) = try await fixture.run("env | cut -d= -f1 | sort")
      #expect(lines.map(\.text) == ["HOME", "LANG", "PATH", "PILAB_BOARD", "PILAB_LAB", "PWD"])
    }
  }

  @Test(arguments: Backend.allCases) func worksInTheBoardsFolder(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      let (_, lines) = try await fixture.run("pwd -P; readlink /proc/self/fd/0")
      let real = URL(fileURLWithPath: "\(fixture.folder)/boards/alice").resolvingSymlinksInPath()
      #expect(lines.map(\.text) == [real.path, "/dev/null"])
    }
  }

  @Test(arguments: Backend.allCases) func overlongLineIsAnError(_ backend: Backend) async throws {
    try await LabFixture.with(backend) { fixture in
      await #expect {
        _ = try await fixture.run("head -c 3000000 /dev/zero | tr '\\0' x")
      } throws: {
        ($0 as? LabError)?.code == .commandFailed
      }
    }
  }

  @Test(arguments: Backend.allCases) func missingAndUnexecutableProgramsAreNamed(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let missing = try #require(BoardPath("bin/nothing"))
      await #expect {
        _ = try await fixture.board.run(BoardCommand(program: missing)) { _ in }
      } throws: { error in
        guard let error = error as? LabError else { return false }
        return error.code == .commandFailed && error.board == "alice"
          && error.message.contains("bin/nothing")
      }
      let broken = try #require(BoardPath("bin/broken"))
      let local = "\(fixture.folder)/broken"
      try Data([0x7F, 0x45, 0x4C, 0x46, 0, 0, 0, 0]).write(to: URL(fileURLWithPath: local))
      try await fixture.board.put(local, to: broken, access: .program)
      await #expect {
        _ = try await fixture.board.run(BoardCommand(program: broken)) { _ in }
      } throws: {
        ($0 as? LabError)?.code == .commandFailed
      }
    }
  }
}
