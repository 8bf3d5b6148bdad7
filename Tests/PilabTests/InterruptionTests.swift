import Foundation
import Testing

/// What happens to a transfer that is under way when pilab is told to stop, killed, or started twice.
struct InterruptionTests {
  /// Starts a transfer that would take minutes.
  private func startSlowly(_ fixture: PilabFixture) async throws -> Running {
    try fixture.write(Data(count: 4 << 20), to: "image.bin")
    try fixture.writeManifest("rate: 100kbit")
    let running = try fixture.start(["run"])
    #expect(try await fixture.transferIsUnderWay(running))
    return running
  }

  @Test(
    arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129), (SIGXCPU, 152)] as [(Int32, Int32)])
  func signalEndsTheBoardsAndLeavesNothing(_ signal: Int32, _ status: Int32) async throws {
    try await PilabFixture.with { fixture in
      let running = try await startSlowly(fixture)
      let start = ContinuousClock.now
      running.send(signal)
      let run = try await running.end()
      #expect(run.status == status)
      #expect(ContinuousClock.now - start < .seconds(10))
      #expect(run.output.isEmpty)
      #expect(run.errors.contains("the lab is as it was found"))
      #expect(fixture.boardProcesses.isEmpty)
      #expect(fixture.names(in: ".pilab/lab") == ["lock", "runs"])
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }

  /// Of a terminal that goes away both the shell and the kernel tell.
  @Test func secondHangupDoesNotStopTheCleaningUp() async throws {
    try await PilabFixture.with { fixture in
      let running = try await startSlowly(fixture)
      running.send(SIGHUP)
      // One that is pending already would be the same one.
      #expect(try await fixture.eventually { fixture.boardProcesses.count < 2 })
      running.send(SIGHUP)
      #expect(try await running.end().status == 129)
      #expect(fixture.names(in: ".pilab/lab") == ["lock", "runs"])
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }

  /// No handler runs then; the guards end the boards, and the next run takes the files away.
  @Test func killedPilabLeavesNoProcess() async throws {
    try await PilabFixture.with { fixture in
      let running = try await startSlowly(fixture)
      running.send(SIGKILL)
      #expect(try await running.end().status == -SIGKILL)
      #expect(try await fixture.eventually { fixture.boardProcesses.isEmpty })
      #expect(fixture.exists(".pilab/lab/boards"))
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      let next = try await fixture.pilab("run")
      #expect(next.status == 0)
      #expect(!fixture.exists(".pilab/lab/boards"))
      #expect(fixture.names(in: ".pilab/lab/runs").count == 2)
      #expect(fixture.names(in: ".pilab/lab/runs").contains("latest"))
    }
  }

  @Test func secondPilabOfTheSameLabIsToldWhoRuns() async throws {
    try await PilabFixture.with { fixture in
      let running = try await startSlowly(fixture)
      let second = try await fixture.pilab("run")
      #expect(second.status == 75)
      #expect(
        second.errors.contains(
          "lab 'lab' is in use by another pilab, process \(running.identifier)"))
      #expect(fixture.boardProcesses.count == 2)
      running.send(SIGINT)
      #expect(try await running.end().status == 130)
    }
  }

  /// The failure of one side ends the other, and the report names the cause.
  @Test func killedBoardProgramIsTheCause() async throws {
    try await PilabFixture.with { fixture in
      let running = try await startSlowly(fixture)
      let sender = try #require(
        try fixture.boardProcesses.compactMap { Int32($0) }.first {
          try String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8).contains("pi-sender")
        })
      kill(sender, SIGKILL)
      let run = try await running.end()
      #expect(run.status == 1)
      let failure = try #require(try fixture.report().exchanges[0].failure)
      #expect(failure.board == "alice")
      #expect(failure.code.name == "killed")
      #expect(try fixture.report().exchanges[0].verdict == .failed)
      #expect(!fixture.exists(".pilab/lab/runs/latest/only/bob/decrypted.bin"))
    }
  }
}
