import Foundation
import LabResults
import Testing

/// Where `--output` may lead, and that no result is lost by it.
struct OutputTests {
  /// Somebody fills the folder while the run is under way.
  @Test(arguments: [false, true])
  func runWhosePlaceIsTakenIsKept(_ existed: Bool) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 1 << 20), to: "image.bin")
      try fixture.writeManifest()
      if existed {
        try FileManager.default.createDirectory(
          atPath: "\(fixture.folder)/out", withIntermediateDirectories: true)
      }
      let run = try await fixture.pilab(
        ["run", "--output", "out"], meanwhile: "mkdir -p out && printf mine > out/mine")
      #expect(run.status == 73)
      #expect(run.output.contains("Identical"))
      #expect(run.errors.contains("out is not empty"))
      #expect(fixture.names(in: "out") == ["mine"])
      let kept = fixture.names(in: ".pilab/lab/runs").filter { $0 != "latest" }
      #expect(kept.count == 1)
      let place = "\(fixture.folder)/.pilab/lab/runs/\(kept.first ?? "")"
      #expect(run.errors.contains("the run is kept as \(place)"))
      #expect(try fixture.report().verdict == .identical)
      #expect(fixture.exists(".pilab/lab/runs/latest/only/bob/decrypted.bin"))
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
    }
  }

  /// The folder above is renamed while the run is under way: the path is made anew.
  @Test func runWhosePlaceWasRemovedMakesItAnew() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 1 << 20), to: "image.bin")
      try fixture.writeManifest()
      try FileManager.default.createDirectory(
        atPath: "\(fixture.folder)/above/out", withIntermediateDirectories: true)
      let run = try await fixture.pilab(
        ["run", "--output", "above/out"], meanwhile: "mv above moved")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try fixture.report("above/out").verdict == .identical)
      #expect(fixture.names(in: "moved/out").isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func threeLabsWithOneOutputLoseNone(_ existed: Bool) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 200_000), to: "image.bin")
      if existed {
        try FileManager.default.createDirectory(
          atPath: "\(fixture.folder)/out", withIntermediateDirectories: true)
      }
      // Slow enough that the last has begun before the first is done: a place that is filled is refused at once.
      try fixture.writeManifest("rate: 200kbit")
      let manifest = String(decoding: try fixture.read("lab.yaml"), as: UTF8.self)
      var running: [Running] = []
      for lab in ["one", "two", "three"] {
        try fixture.write(
          manifest.replacingOccurrences(of: "name: lab", with: "name: \(lab)"), to: "\(lab).yaml")
        running.append(try fixture.start(["run", "\(lab).yaml", "--output", "out"]))
      }
      var statuses: [Int32] = []
      for pilab in running { statuses.append(try await pilab.end().status) }
      #expect(statuses.sorted() == [0, 73, 73])
      var labs = [try fixture.report("out").lab]
      for lab in ["one", "two", "three"] where lab != labs[0] {
        labs.append(try fixture.report(".pilab/\(lab)/runs/latest").lab)
      }
      #expect(labs.sorted() == ["one", "three", "two"])
      #expect(fixture.names(in: "out") == ["only", "report.html", "report.json"])
    }
  }

  @Test func stoppedRunLeavesTheFolderEmpty() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 4 << 20), to: "image.bin")
      try fixture.writeManifest("rate: 100kbit")
      try FileManager.default.createDirectory(
        atPath: "\(fixture.folder)/out", withIntermediateDirectories: true)
      let running = try fixture.start(["run", "--output", "out"])
      #expect(try await fixture.eventually { try running.errors.contains("key confirmed") })
      running.send(SIGTERM)
      #expect(try await running.end().status == 143)
      #expect(fixture.names(in: "out").isEmpty)
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }
}
