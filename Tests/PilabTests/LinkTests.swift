import Foundation
import Testing

/// What commands do to links and boards of a lab that is up is in its status, in reports, and in comparisons.
struct LinkTests {
  private func withLab(
    _ network: String = "", _ body: (PilabFixture) async throws -> Void
  ) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(repeating: 7, count: 100_000), to: "image.bin")
      try fixture.writeManifest("timeouts: { connect: 2s, idle: 2s }")
      let manifest = String(decoding: try fixture.read("lab.yaml"), as: UTF8.self)
      try fixture.write(network + manifest, to: "lab.yaml")
      #expect(try await fixture.pilab("up", "--mode", "namespace").status == 0)
      try await body(fixture)
      #expect(try await fixture.pilab("down", "--all").status == 0)
    }
  }

  @Test func aLinkThatIsPulledDuringTheRun() async throws {
    try await withLab { fixture in
      // Half a minute, so that there is a middle on a busy machine too.
      try fixture.write(Data(count: 4 << 20), to: "image.bin")
      #expect(try await fixture.pilab("impair", "alice", "--rate", "1mbit").status == 0)
      let run = try fixture.start(["run"])
      #expect(try await fixture.eventually { try run.errors.contains("key confirmed") })
      #expect(try await fixture.pilab("link", "bob", "down").status == 0)
      let end = try await run.end()
      #expect(end.status == 1)
      let report = try fixture.report()
      #expect(report.boards.map(\.link) == ["up", "up"])
      #expect(report.changes?.filter(\.duringRun).map(\.command) == ["pilab link bob down"])
      #expect(report.exchanges.first?.failure?.hint?.contains("pilab link bob up") == true)
      #expect(end.output.contains("During the run: "))
      let page = String(
        decoding: try fixture.read(".pilab/lab/runs/latest/report.html"), as: UTF8.self)
      #expect(page.contains("Changed during the run"))
    }
  }

  /// Commands on boards do not wait for one another, and none of what they write is lost.
  @Test func manyAtOnceLoseNothing() async throws {
    try await withLab { fixture in
      let commands = try (1...12).map { number in
        try fixture.start(["impair", number % 2 == 0 ? "alice" : "bob", "--rate", "\(number)mbit"])
      }
      for command in commands { #expect(try await command.end().status == 0) }
      let status = try await fixture.pilab("status", "--format", "json")
      #expect(status.output.components(separatedBy: #""kind" : "impair""#).count == 13)
      #expect(!status.output.contains("doubt"))
    }
  }
}
