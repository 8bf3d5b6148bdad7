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

  @Test func aPulledLinkIsToldOfEverywhere() async throws {
    try await withLab { fixture in
      #expect(try await fixture.pilab("run", "--quiet", "--output", "good").status == 0)
      #expect(try await fixture.pilab("link", "bob", "down").status == 0)
      let status = try await fixture.pilab("status")
      #expect(status.output.contains("link down (pilab link)"))
      #expect(status.output.contains("  pilab link bob down\n"))
      let json = try await fixture.pilab("status", "--format", "json")
      #expect(json.output.contains(#""link" : "down""#) && json.output.contains(#""link" : "up""#))

      let run = try await fixture.pilab("run", "--quiet", "--output", "cut")
      #expect(run.status == 1)
      #expect(run.output.contains("Links: bob: link down (pilab link)"))
      let report = try fixture.report("cut")
      #expect(report.boards.map(\.link) == ["up", "down"])
      #expect(report.changes?.map(\.kind) == ["link-down"])
      #expect(report.changes?.first?.duringRun == false)
      let hint = report.exchanges.first?.failure?.hint ?? ""
      #expect(hint.contains("the link of board 'bob' is down since 'pilab link bob down'"))
      #expect(!hint.contains("is the sender running there?"))
      let page = String(decoding: try fixture.read("cut/report.html"), as: UTF8.self)
      #expect(page.contains("<li>bob: link down (pilab link)</li>"))
      let compared = try await fixture.pilab("compare", "good", "cut")
      #expect(compared.output.hasPrefix("The links differ. bob: good, then link down.\n"))

      #expect(try await fixture.pilab("link", "bob", "up").status == 0)
      #expect(try await fixture.pilab("run", "--quiet", "--output", "again").status == 0)
      #expect(try fixture.report("again").boards.map(\.link) == ["up", "up"])
      let same = try await fixture.pilab("compare", "good", "again")
      #expect(!same.output.contains("links differ"))
    }
  }

  @Test func commandsStandBesideTheManifest() async throws {
    try await withLab("network: { impairment: { rate: 100Mbit } }\n") { fixture in
      #expect(try await fixture.pilab("impair", "bob", "--rate", "10mbit").status == 0)
      let status = try await fixture.pilab("status")
      #expect(status.output.contains("impairment rate 100Mbit (manifest)"))
      #expect(status.output.contains("rate 10Mbit (pilab impair)"))
      #expect(try await fixture.pilab("run", "--quiet").status == 0)
      var boards = try fixture.report().boards
      #expect(boards.map(\.impairment) == ["rate 100Mbit", "rate 10Mbit"])
      #expect(boards.map(\.impairmentFrom) == ["manifest", "command"])
      for form in ["markdown", "csv", "junit", "openmetrics", "text"] {
        let text = try await fixture.pilab("report", "--format", form)
        #expect(text.output.contains("bob: rate 10Mbit (pilab impair)"), "\(form)")
      }
      #expect(try await fixture.pilab("impair", "alice", "--clear").status == 0)
      #expect(try await fixture.pilab("run", "--quiet").status == 0)
      boards = try fixture.report().boards
      #expect(boards.map(\.impairment) == [nil, "rate 10Mbit"])
      // The manifest wants what the lab was made with.
      #expect(try await fixture.pilab("up").status == 0)
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
