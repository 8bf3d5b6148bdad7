import Foundation
import LabCore
import LabResults
import Testing

/// A board, or a program on it, that is killed while the image is under way: the exchange fails and has its report.
struct BoardLossTests {
  /// Two exchanges, of which the first would take minutes.
  private static func with(
    mode: String, _ body: (PilabFixture, Running) async throws -> Void
  ) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 4 << 20), to: "image.bin")
      try fixture.write(
        """
        version: 1
        name: lab
        mode: \(mode)
        boards: { alice: {}, bob: {} }
        exchanges:
          slow: { sender: alice, receiver: bob, image: image.bin, rate: 100kbit }
          next: { sender: alice, receiver: bob, image: image.bin }
        """, to: "lab.yaml")
      let running = try fixture.start(["run"])
      #expect(try await fixture.transferIsUnderWay(running))
      try await body(fixture, running)
      #expect(fixture.names(in: ".pilab/lab") == ["lock", "runs"])
    }
  }

  @Test(arguments: ["loopback", "namespace"], [("pi-sender", "alice"), ("pi-receiver", "bob")])
  func killedProgram(_ mode: String, _ victim: (program: String, board: String)) async throws {
    try await Self.with(mode: mode) { fixture, running in
      let process = try #require(
        try fixture.boardProcesses.compactMap { Int32($0) }.first {
          try String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)
            .contains("bin/\(victim.program)")
        })
      kill(process, SIGKILL)
      let run = try await running.end()
      #expect(run.status == 1, "\(run.errors)")
      let report = try fixture.report()
      #expect(report.exchanges.map(\.verdict) == [.failed, .identical])
      #expect(report.exchanges[0].failure?.board == victim.board)
      #expect(report.exchanges[0].failure?.code.name == "killed")
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
    }
  }

  /// All of a lab of namespaces ends with one process of it.
  @Test func lostNetworkFailsEveryExchange() async throws {
    try await Self.with(mode: "namespace") { fixture, running in
      let holder = String(decoding: try fixture.read(".pilab/lab/network/holder"), as: UTF8.self)
      kill(try #require(Int32(holder.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
      let run = try await running.end()
      #expect(run.status == 1, "\(run.errors)")
      let report = try fixture.report()
      #expect(report.exchanges.map(\.verdict) == [.failed, .failed])
      #expect(report.exchanges[1].failure?.code.name == "board_lost")
      #expect(run.output.contains("the board was lost"))
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
      #expect(fixture.exists(".pilab/lab/runs/latest/slow/alice/stderr.log"))
    }
  }
}
