import Foundation
import Glibc
import LabTestSupport
import Testing

@testable import LabCore

/// What is left of a command after its end, after cancellation, and after the death of pilab itself.
struct TeardownTests {
  /// Starts `script`, which prints process identifiers, and cancels it after the first line.
  private func cancel(
    _ fixture: LabFixture, _ script: String, grace: Duration = .seconds(120)
  ) async throws -> (elapsed: Duration, lines: Lines) {
    let program = try await fixture.script(script)
    let lines = Lines()
    let board = fixture.board
    let task = Task {
      try await board.run(BoardCommand(program: program, gracePeriod: grace)) { lines.append($0) }
    }
    _ = try #require(try await lines.first())
    #expect(!fixture.programs.isEmpty)
    let start = ContinuousClock.now
    task.cancel()
    await #expect { _ = try await task.value } throws: { ($0 as? LabError)?.code == .cancelled }
    return (.now - start, lines)
  }

  @Test(arguments: Backend.allCases) func cancellationLetsTheProgramTidyUp(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let result = try await cancel(
        fixture,
        "trap 'echo tidying; touch tidied; echo done; exit 0' TERM; echo started; while :; do sleep 0.05; done"
      )
      #expect(result.lines.texts(.standardOutput).suffix(2) == ["tidying", "done"])
      #expect(FileManager.default.fileExists(atPath: "\(fixture.folder)/boards/alice/tidied"))
      #expect(result.elapsed < .seconds(100))
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test(arguments: Backend.allCases) func aProgramThatIgnoresSIGTERMIsKilledAfterTheGracePeriod(
    _ backend: Backend
  ) async throws {
    try await LabFixture.with(backend) { fixture in
      let result = try await cancel(
        fixture, "trap '' TERM; echo started; while :; do sleep 0.05; done",
        grace: .milliseconds(300))
      #expect(result.elapsed >= .milliseconds(300))
      #expect(result.elapsed < .seconds(100))
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test(arguments: Backend.allCases) func cancellationReachesGrandchildren(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      _ = try await cancel(fixture, "sleep 600 & echo started; wait")
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test(arguments: Backend.allCases) func nothingOutlivesAProgramThatEnds(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let (status, _) = try await fixture.run("sleep 600 & exit 5")
      #expect(status == .exited(5))
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test(arguments: Backend.allCases) func aTaskThatIsAlreadyCancelledRunsNothing(_ backend: Backend)
    async throws
  {
    try await LabFixture.with(backend) { fixture in
      let program = try await fixture.script("touch started")
      let board = fixture.board
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await board.run(BoardCommand(program: program)) { _ in }
      }
      task.cancel()
      await #expect { _ = try await task.value } throws: {
        ($0 as? LabError)?.code == .cancelled
      }
    }
  }
}
