import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import HostKit

/// Real programs of this machine.
struct ToolTests {
  private let tool = Tool(searchPath: Tool.standardSearchPath)

  private func shell(
    _ script: String, environment: [String: String] = [:], standing: Tool.Standing = .shared
  ) async throws -> Tool.Outcome {
    try await tool.run(["sh", "-c", script], environment: environment, standing: standing)
  }

  @Test func givesBackWhatIsSaidAndHowItEnded() async throws {
    let outcome = try await shell("echo out; echo '  err ' >&2; exit 3")
    #expect(outcome.output == "out\n")
    #expect(outcome.errors == "err")
    #expect(outcome.status == .exited(3))
    #expect(!outcome.succeeded)
    #expect(try await shell("kill -9 $$").status == .signalled(9))
    #expect(try await shell(":").succeeded)
  }

  @Test func programsHaveNothingOfThisProcessUnlessTold() async throws {
    setenv("PILAB_TOOL_TEST", "inherited", 1)
    let script = "echo $PILAB_TOOL_TEST $OWN $LANG $LC_ALL"
    #expect(try await shell(script, environment: ["OWN": "own"]).output == "own C.UTF-8\n")
    let heir = Tool(searchPath: Tool.standardSearchPath, inheritsEnvironment: true)
    #expect(
      try await heir.run(["sh", "-c", script], environment: ["OWN": "own"]).output
        == "inherited own C.UTF-8 C.UTF-8\n")
    #expect(try await shell("cat").output == "")
  }

  @Test func inputAndFolderAreTheOnesGiven() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("typed".utf8), to: "input")
    let input = try FileDescriptor.open(FilePath(file), .readOnly)
    defer { #expect(throws: Never.self) { try input.close() } }
    let outcome = try await tool.run(["sh", "-c", "cat; ls"], in: folder.path, input: input)
    #expect(outcome.output == "typedinput\n")
  }

  @Test func whatIsMissingIsNamed() async throws {
    let missing = await #expect(throws: Tool.Missing.self) {
      try await Tool(searchPath: "/nowhere").run(["sh"])
    }
    #expect(missing?.name == "sh")
    #expect(Tool(searchPath: "/nowhere:/bin").path(of: "sh") == "/bin/sh")
    await #expect { try await tool.run(["/nowhere/program"]) } throws: {
      SystemFault($0, .run).number == ENOENT
    }
  }

  @Test func moreThanTheLimitIsAnErrorAndNotMemory() async throws {
    let tool = Tool(searchPath: Tool.standardSearchPath, longestOutput: 1000)
    #expect(try await tool.run(["head", "-c", "1000", "/dev/zero"]).output.utf8.count == 1000)
    await #expect { try await tool.run(["head", "-c", "1001", "/dev/zero"]) } throws: {
      ErrorWords.words(of: $0) == "it printed more than pilab reads"
    }
  }

  @Test func whoTakesTooLongIsEnded() async throws {
    let folder = try TemporaryFolder()
    let timedOut = await #expect(throws: Tool.TimedOut.self) {
      try await tool.run(
        ["sh", "-c", "echo $$ >pid; exec sleep 3600"], in: folder.path, timeout: .milliseconds(500))
    }
    #expect(timedOut?.description == "'sh' did not end within 0.5 seconds")
    let text = String(decoding: try folder.read("pid"), as: UTF8.self)
    let process = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
    #expect(kill(process, 0) == -1 && errno == ESRCH)
    // Who is quicker is not held up.
    #expect(try await tool.run(["true"], timeout: .seconds(100)).succeeded)
  }

  @Test func cancellationEndsAProgramAfterItsGracePeriod() async throws {
    let folder = try TemporaryFolder()
    let script = "trap 'echo told >told; exit' TERM; echo >begun; while :; do sleep 0.01; done"
    let task = Task { [tool, path = folder.path] in
      try await tool.run(
        ["sh", "-c", script], in: path, standing: .ownGroup, gracePeriod: .seconds(30))
    }
    while access(folder.path("begun"), F_OK) != 0 { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    _ = await task.result
    #expect(try folder.read("told") == Array("told\n".utf8))
  }

  @Test func aSessionOrGroupOfItsOwn() async throws {
    // Process, group, session.
    let script = "cut -d ' ' -f 1,5,6 /proc/$$/stat"
    func numbers(_ standing: Tool.Standing) async throws -> [pid_t] {
      try await shell(script, standing: standing).output.split(whereSeparator: \.isWhitespace)
        .compactMap { pid_t($0) }
    }
    let shared = try await numbers(.shared)
    #expect(Array(shared[1...]) == [getpgid(0), getsid(0)])
    let group = try await numbers(.ownGroup)
    #expect(group[1] == group[0] && group[2] == getsid(0))
    let session = try await numbers(.ownSession)
    #expect(session[1] == session[0] && session[2] == session[0])
  }

  @Test func outputThatOthersHoldOpenIsNotWaitedFor() async throws {
    let folder = try TemporaryFolder()
    let outcome = try await tool.run(
      ["sh", "-c", "sleep 3600 & echo $! >pid"], in: folder.path, keepsOutput: false)
    #expect(outcome.succeeded && outcome.output.isEmpty)
    let text = String(decoding: try folder.read("pid"), as: UTF8.self)
    let process = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
    #expect(kill(process, SIGKILL) == 0)
  }
}
