import Foundation
import Testing

/// Colour and the progress bar, on a terminal and without one.
struct TerminalTests {
  private static let escape = "\u{1B}"

  private func run(
    _ fixture: PilabFixture, _ arguments: String..., environment: [String: String]
  ) async throws -> Transcript {
    try fixture.write(Data(count: 1_250_000), to: "image.bin")
    // Two seconds, so that there is something to show.
    try fixture.writeManifest("rate: 5Mbit")
    let run = try await fixture.onTerminal(
      ["run"] + arguments, columns: 60,
      environment: ["TERM": "xterm"].merging(environment) { $1 })
    #expect(run.status == 0, "\(run.output)")
    return run
  }

  @Test func terminalHasBarAndColour() async throws {
    try await PilabFixture.with { fixture in
      let run = try await run(fixture, environment: [:])
      #expect(run.output.contains("\ronly ["))
      #expect(run.output.contains("MiB/s") || run.output.contains("KiB/s"))
      #expect(run.output.contains("\(Self.escape)[1;32m"))
      let bars = run.output.split(separator: "\r").filter { $0.hasPrefix("only [") }
      #expect(bars.count >= 2)
      #expect(bars.allSatisfy { $0.prefix { $0 != "\u{1B}" }.count < 60 })
    }
  }

  @Test func noColorIsHeeded() async throws {
    try await PilabFixture.with { fixture in
      let run = try await run(fixture, environment: ["NO_COLOR": "1"])
      #expect(!run.output.contains("\(Self.escape)[1;32m"))
      #expect(!run.output.contains("m\(Self.escape)"))
    }
  }

  @Test func dumbTerminalGetsPlainLines() async throws {
    try await PilabFixture.with { fixture in
      let run = try await run(fixture, environment: ["TERM": "dumb"])
      #expect(!run.output.contains(Self.escape))
    }
  }

  @Test func quietShowsTheVerdictAlone() async throws {
    try await PilabFixture.with { fixture in
      let run = try await run(fixture, "--quiet", environment: ["NO_COLOR": "1"])
      #expect(run.output.hasPrefix("Identical"), "\(run.output)")
      #expect(!run.output.contains("only ["))
    }
  }

  @Test func withoutATerminalEverythingIsPlain() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 100_000), to: "image.bin")
      try fixture.writeManifest()
      let run = try await fixture.pilab("run", environment: ["TERM": "xterm"])
      #expect(run.status == 0)
      for text in [run.output, run.errors] {
        #expect(!text.contains(Self.escape))
        #expect(!text.contains("\r"))
      }
      #expect(run.errors.contains("only: alice to bob"))
    }
  }
}
