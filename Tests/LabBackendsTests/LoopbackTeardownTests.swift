import Foundation
import Glibc
import Testing

@testable import LabBackends

/// What is left of a command after its end, after cancellation, and after the death of pilab itself.
struct LoopbackTeardownTests {
  /// Starts `script`, which prints process identifiers, and cancels it after the first line.
  private func cancel(
    _ fixture: LoopbackFixture, _ script: String, grace: Duration = .seconds(5)
  ) async throws -> (pids: [Int32], elapsed: Duration, lines: Lines) {
    let program = try await fixture.script(script)
    let lines = Lines()
    let board = fixture.board
    let task = Task {
      try await board.run(BoardCommand(program: program, gracePeriod: grace)) { lines.append($0) }
    }
    let first = try #require(try await lines.first())
    let start = ContinuousClock.now
    task.cancel()
    await #expect { _ = try await task.value } throws: { ($0 as? BackendError)?.code == .cancelled }
    return (first.split(separator: " ").compactMap { Int32($0) }, .now - start, lines)
  }

  @Test func cancellationLetsTheProgramTidyUp() async throws {
    try await LoopbackFixture.with { fixture in
      let result = try await cancel(
        fixture,
        "trap 'echo tidying; touch tidied; echo done; exit 0' TERM; echo $$; while :; do sleep 0.05; done"
      )
      #expect(result.lines.texts(.standardOutput).suffix(2) == ["tidying", "done"])
      #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/boards/alice/tidied"))
      #expect(result.elapsed < .seconds(4))
      #expect(!isAlive(result.pids[0]))
    }
  }

  @Test func aProgramThatIgnoresSIGTERMIsKilledAfterTheGracePeriod() async throws {
    try await LoopbackFixture.with { fixture in
      let result = try await cancel(
        fixture, "trap '' TERM; echo $$; while :; do sleep 0.05; done", grace: .milliseconds(300))
      #expect(result.elapsed >= .milliseconds(300))
      #expect(result.elapsed < .seconds(10))
      #expect(try await eventually { !isAlive(result.pids[0]) })
    }
  }

  @Test func cancellationReachesGrandchildren() async throws {
    try await LoopbackFixture.with { fixture in
      let result = try await cancel(fixture, "sleep 600 & echo $$ $!; wait")
      try #require(result.pids.count == 2)
      #expect(try await eventually { result.pids.allSatisfy { !isAlive($0) } })
    }
  }

  @Test func nothingOutlivesAProgramThatEnds() async throws {
    try await LoopbackFixture.with { fixture in
      let (status, lines) = try await fixture.run("sleep 600 & echo $!; exit 5")
      #expect(status == .exited(5))
      let orphan = try #require(lines.first.flatMap { Int32($0.text) })
      #expect(try await eventually { !isAlive(orphan) })
    }
  }

  @Test func aTaskThatIsAlreadyCancelledRunsNothing() async throws {
    try await LoopbackFixture.with { fixture in
      let program = try await fixture.script("touch started")
      let board = fixture.board
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await board.run(BoardCommand(program: program)) { _ in }
      }
      task.cancel()
      await #expect { _ = try await task.value } throws: {
        ($0 as? BackendError)?.code == .cancelled
      }
    }
  }
}
