import Foundation
import LabResults
import Testing

/// Where `--output` may lead, and that no result is lost by it.
struct OutputTests {
  private func small(_ fixture: PilabFixture, _ lines: String...) throws {
    try fixture.write(Data((0..<5000).map { UInt8(truncatingIfNeeded: $0) }), to: "image.bin")
    try fixture.writeManifest("profile: classic")
  }

  private func kind(_ fixture: PilabFixture, _ name: String) -> mode_t {
    var status = stat()
    return lstat("\(fixture.folder)/\(name)", &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  @Test func runFillsAFolderBehindALinkInPlace() async throws {
    try await PilabFixture.with { fixture in
      try small(fixture)
      let place = "\(fixture.folder)/real/results"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      #expect(chmod(place, 0o755) == 0)
      var before = stat()
      #expect(stat(place, &before) == 0)
      #expect(symlink("real/results", "\(fixture.folder)/out") == 0)
      let run = try await fixture.pilab("run", "--quiet", "--output", "out")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("out/report.html"))
      #expect(kind(fixture, "out") == S_IFLNK)
      #expect(fixture.names(in: "out") == ["only", "report.html", "report.json"])
      var after = stat()
      #expect(stat(place, &after) == 0)
      #expect(after.st_ino == before.st_ino && after.st_mode == before.st_mode)
      #expect(fixture.names(in: "real") == ["results"])
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }

  @Test func runMakesTheFolderThatALinkLeadsTo() async throws {
    try await PilabFixture.with { fixture in
      try small(fixture)
      #expect(symlink("later/results", "\(fixture.folder)/out") == 0)
      let run = try await fixture.pilab("run", "--quiet", "--output", "out")
      #expect(run.status == 0, "\(run.errors)")
      #expect(kind(fixture, "out") == S_IFLNK && kind(fixture, "later/results") == S_IFDIR)
      #expect(try fixture.report("later/results").verdict == .identical)
    }
  }

  /// Refused before anything is done: nothing is started, and what is there stays.
  @Test(arguments: ["file", "full", "fifo", "circle", "beyond", "link"])
  func whatCannotBeFilledIsRefusedAtOnce(_ form: String) async throws {
    try await PilabFixture.with { fixture in
      try small(fixture)
      let place = "\(fixture.folder)/out"
      var output = "out"
      switch form {
      case "file": try fixture.write("mine", to: "out")
      case "full":
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try fixture.write("mine", to: "out/mine")
      case "fifo": #expect(mkfifo(place, 0o600) == 0)
      case "circle": #expect(symlink("out", place) == 0)
      case "beyond":
        try fixture.write("mine", to: "out")
        output = "out/run"
      default:
        try fixture.write("mine", to: "mine")
        #expect(symlink("mine", place) == 0)
      }
      let before = kind(fixture, "out")
      let run = try await fixture.pilab("run", "--output", output)
      #expect(run.status == 73, "\(run.errors)")
      #expect(!run.errors.contains("key confirmed"))
      #expect(kind(fixture, "out") == before)
      if form == "full" { #expect(fixture.names(in: "out") == ["mine"]) }
      #expect(fixture.names(in: ".pilab").isEmpty)
    }
  }

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

  /// `report`, `compare` and `init` with files that are none.
  @Test func otherOutputsFollowLinksAndWriteIntoPipes() async throws {
    try await PilabFixture.with { fixture in
      try small(fixture)
      #expect(try await fixture.pilab("run", "--quiet").status == 0)
      try fixture.write("old", to: "real.md")
      let script = """
        ln -s real.md link.md; mkfifo fifo
        pilab report --format markdown --output link.md && test -L link.md || exit 10
        cat fifo > got & pilab report --format json --output fifo && wait && test -p fifo || exit 11
        echo before > out && pilab report --format csv --output /dev/stdout >> out || exit 12
        pilab report --format csv --output /dev/stdout | head -1 > piped
        pilab compare latest latest --format json --output /dev/stdout | head -c 1 > compared
        pilab init made.yaml && ln -s made.yaml link.yaml && pilab init link.yaml --force && test -L link.yaml || exit 13
        mkdir empty && cd empty && pilab init /dev/stdout --force > ../printed.yaml && cd .. || exit 14
        pilab validate made.yaml > /dev/null
        """
      let run = try await fixture.shell(script)
      #expect(run.status == 0, "\(run.errors)")
      #expect(String(decoding: try fixture.read("real.md"), as: UTF8.self).contains("Identical"))
      #expect(try ReportFile.decode(try fixture.read("got")).verdict == .identical)
      let out = String(decoding: try fixture.read("out"), as: UTF8.self)
      #expect(out.hasPrefix("before\n") && out.contains("only"))
      #expect(!(try fixture.read("piped")).isEmpty)
      #expect(try fixture.read("compared") == Data("{".utf8))
      #expect(fixture.names(in: "empty") == ["sample.ppm"])
      #expect(
        String(decoding: try fixture.read("printed.yaml"), as: UTF8.self).hasSuffix("pilab run\n")
          == false)
      #expect(fixture.names().allSatisfy { !$0.hasPrefix(".") || $0 == ".pilab" })
    }
  }
}
