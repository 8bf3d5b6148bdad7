import Foundation
import Testing

/// Labs whose pilab was killed, or whose state was spoilt.
struct BrokenLabTests {
  /// A lab that is up, with its state's text changed.
  private func withState(
    from old: String, to new: String, _ body: (PilabFixture) async throws -> Void
  ) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let name = ".pilab/lab/state.json"
      let good = String(decoding: try fixture.read(name), as: UTF8.self)
      let changed = good.replacing(old, with: new)
      #expect(changed != good)
      try fixture.write(changed, to: name)
      try await body(fixture)
      try fixture.write(good, to: name)
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test(arguments: ["creating", "destroying"])
  func unfinishedLabIsToldAndRemoved(_ phase: String) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let state = String(decoding: try fixture.read(".pilab/lab/state.json"), as: UTF8.self)
      try fixture.write(
        state.replacing(#""phase" : "up""#, with: #""phase" : "\#(phase)""#),
        to: ".pilab/lab/state.json")
      for command in ["run", "up"] {
        let refused = try await fixture.pilab(command)
        #expect(refused.status == 69)
        #expect(refused.errors.contains("lab 'lab' is broken"))
        #expect(refused.errors.contains("pilab down --lab lab"))
      }
      #expect(try await fixture.pilab("exec", "bob", "--", "true").status == 69)
      let status = try await fixture.pilab("status", "--format", "json")
      #expect(status.output.contains(#""condition" : "broken""#))
      #expect(try await fixture.pilab("down").output == "lab 'lab' is down\n")
      #expect(try await fixture.pilab("run").status == 0)
    }
  }

  @Test(arguments: [
    ("\"boards\"", "\"broads\""), ("\"schemaVersion\" : 1", "\"schemaVersion\" : 9"),
    ("\"lab\" : \"lab\"", "\"lab\" : \"other\""), ("}", ""), ("/.pilab/lab\"", "/\""),
  ])
  func damagedStateIsAnErrorThatHelps(_ old: String, _ new: String) async throws {
    try await withState(from: old, to: new) { fixture in
      for command in ["run", "up", "down", "status"] {
        let run = try await fixture.pilab(command)
        #expect(run.status == 69, "\(command)")
        #expect(run.errors.contains("state.json"), "\(command): \(run.errors)")
        #expect(run.errors.contains("hint:"))
      }
      #expect(fixture.exists(".pilab/lab/boards/alice"))
      let list = try await fixture.pilab("list")
      #expect(list.status == 0)
      #expect(list.output.contains("broken"))
    }
  }

  @Test func anotherManifestIsRefused() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let text = String(decoding: try fixture.read("lab.yaml"), as: UTF8.self)
      try fixture.write(
        text.replacing("bob: {}", with: "bob: { address: 10.77.0.9 }"), to: "lab.yaml")
      let run = try await fixture.pilab("run")
      #expect(run.status == 69)
      #expect(run.errors.contains("10.77.0.1, 10.77.0.2"))
      let shown2 = try await fixture.pilab("status").output
      #expect(shown2.contains("changed since"))
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test func secondPilabIsToldWhoWorksOnTheLab() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 16 << 20), to: "image.bin")
      try fixture.writeManifest("rate: 1Mbit")
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let running = try fixture.start(["run"])
      #expect(try await fixture.transferIsUnderWay(running))
      for command in ["up", "down", "run"] {
        let second = try await fixture.pilab(command)
        #expect(second.status == 75, "\(command)")
        #expect(second.errors.contains("process \(running.identifier)"))
      }
      // Looking is allowed.
      #expect(try await fixture.pilab("exec", "bob", "--", "true").status == 0)
      let status = try await fixture.pilab("status").output
      #expect(status.contains("in use by process \(running.identifier)"))
      running.send(SIGTERM)
      #expect(try await running.end().status == 143)
      // As it was found: up.
      #expect(try await fixture.pilab("status").status == 0)
      #expect(try await fixture.pilab("down").status == 0)
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func impairmentNeedsAModeThatCan() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1]), to: "image.bin")
      try fixture.writeManifest()
      let text = String(decoding: try fixture.read("lab.yaml"), as: UTF8.self)
      try fixture.write(text + "network: { impairment: { rate: 10Mbit } }\n", to: "lab.yaml")
      let run = try await fixture.pilab("up", "--mode", "loopback")
      #expect(run.status == 2)
      #expect(run.errors.contains("cannot impair links"))
      #expect(!fixture.exists(".pilab"))
    }
  }
}
