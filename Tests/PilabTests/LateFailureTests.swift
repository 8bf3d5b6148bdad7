import Foundation
import LabResults
import Testing

/// What fails when the exchanges are over takes no result away: the run is kept, and what is missing is told of.
struct LateFailureTests {
  /// The image, and a manifest of one exchange.
  private func prepare(_ fixture: PilabFixture, _ lines: String = "") throws {
    try fixture.write(
      Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }), to: "image.bin")
    try fixture.writeManifest(lines)
  }

  /// The folder that the run is filled in, for a shell.
  private static let work = "$(echo .pilab/lab/runs/.20*.partial-*)"

  private func runs(_ fixture: PilabFixture) -> [String] {
    fixture.names(in: ".pilab/lab/runs").filter { $0.hasPrefix("20") }
  }

  /// Runs pilab with a receiver that does something in its board's folder when it has done its work.
  private func pilab(
    _ fixture: PilabFixture, _ arguments: [String], afterwards script: String
  ) async throws -> Transcript {
    try FileManager.default.createDirectory(
      atPath: "\(fixture.folder)/late", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.folder)/late/pi-sender",
      withDestinationPath: "\(PilabFixture.programs)/pi-sender")
    try fixture.write(
      """
      #!/bin/sh
      '\(PilabFixture.programs)/pi-receiver' "$@"
      status=$?
      cd "$HOME" && \(script) || exit 99
      exit $status
      """, to: "late/pi-receiver")
    #expect(chmod("\(fixture.folder)/late/pi-receiver", 0o755) == 0)
    return try await fixture.start(arguments + ["--board-programs", "late"]).end()
  }

  // MARK: The report

  @Test func aPageThatCannotBeWrittenLeavesTheRest() async throws {
    try await PilabFixture.with { fixture in
      try prepare(fixture)
      let run = try await fixture.pilab(["run"], meanwhile: "mkdir \(Self.work)/report.html")
      #expect(run.status == 2, "\(run.errors)")
      #expect(run.output.hasPrefix("Identical"))
      #expect(run.errors.contains("cannot write report.html"))
      #expect(try fixture.report().verdict == .identical)
      #expect(runs(fixture).count == 1)
      #expect(try fixture.read(".pilab/lab/runs/latest/only/bob/decrypted.bin").count == 100_000)
      // It is made again from the values.
      let again = try await fixture.shell(
        "rmdir .pilab/lab/runs/latest/report.html && pilab report --output again.html")
      #expect(again.status == 0 && fixture.exists("again.html"), "\(again.errors)")
    }
  }

  @Test(arguments: [true, false])
  func valuesThatCannotBeWrittenAreKeptElsewhere(_ hasTemporaryFolder: Bool) async throws {
    try await PilabFixture.with { fixture in
      try prepare(fixture)
      try FileManager.default.createDirectory(
        atPath: "\(fixture.folder)/tmp", withIntermediateDirectories: true)
      let temporary = fixture.folder + (hasTemporaryFolder ? "/tmp" : "/none")
      let script = "mkdir \(Self.work)/report.json"
      let run = try await fixture.pilab(
        ["run"], meanwhile: script, environment: ["TMPDIR": temporary])
      #expect(run.status == 2, "\(run.errors)")
      #expect(run.output.hasPrefix("Identical"))
      #expect(run.errors.contains("cannot write report.json"))
      let told = try #require(run.errors.firstMatch(of: /the report is kept as (.*)\/report.json/))
      let folder = String(told.1)
      #expect(folder.hasPrefix(hasTemporaryFolder ? "\(temporary)/pilab-lab-" : "/tmp/pilab-lab-"))
      #expect(try ReportFile.read("\(folder)/report.json").verdict == .identical)
      try FileManager.default.removeItem(atPath: folder)
      // The page and the files are with the run all the same.
      let name = try #require(runs(fixture).first)
      #expect(fixture.exists(".pilab/lab/runs/\(name)/report.html"))
      #expect(fixture.exists(".pilab/lab/runs/\(name)/only/bob/decrypted.bin"))
    }
  }

  /// Its place among the runs is taken by somebody else: the next name that is free is as good.
  @Test func aRunWhoseNameIsTakenGetsAnother() async throws {
    try await PilabFixture.with { fixture in
      try prepare(fixture)
      let script = """
        name=$(basename \(Self.work)) && name=${name%.partial-*} &&
        mkdir .pilab/lab/runs/${name#.} && : >.pilab/lab/runs/${name#.}/mine
        """
      let run = try await fixture.pilab(["run"], meanwhile: script)
      #expect(run.status == 73, "\(run.errors)")
      let names = runs(fixture)
      #expect(names.count == 2)
      let kept = try #require(names.last)
      #expect(kept.hasSuffix("-2") && run.errors.contains("it is kept as "))
      #expect(try fixture.report(".pilab/lab/runs/\(kept)").verdict == .identical)
      #expect(fixture.exists(".pilab/lab/runs/\(names[0])/mine"))
      // The lab's next run leaves it alone.
      #expect(try await fixture.pilab("run", "-q").status == 0)
      #expect(fixture.exists(".pilab/lab/runs/\(kept)/report.json"))
    }
  }

  // MARK: Files

  @Test(arguments: [
    ("find . -name \"*decrypted.*\" -delete", "only/bob/decrypted.bin is missing"),
    ("rm -r \"$HOME\"", "only/bob/decrypted.bin is missing"),
    ("for f in $(find . -name \"*decrypted.*\"); do rm $f; mkfifo $f; done", "not a regular file"),
    (
      "for f in $(find . -name \"*decrypted.*\"); do rm $f; mkdir $f; done",
      "decrypted.bin is missing"
    ),
  ])
  func aBoardsFileThatIsGoneIsMissed(_ script: String, _ words: String) async throws {
    try await PilabFixture.with { fixture in
      try prepare(fixture)
      let run = try await pilab(fixture, ["run", "--mode", "loopback"], afterwards: script)
      #expect(run.status != 0, "\(run.errors)")
      #expect((run.output + run.errors).contains(words), "\(run.output) \(run.errors)")
      let exchange = try #require(try fixture.report().exchanges.first)
      #expect(exchange.senderResult != nil && exchange.receiverResult != nil)
      #expect(
        exchange.warnings.contains { $0.contains("decrypted.bin is missing") }
          || exchange.failure?.code.name == "file_unreadable")
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
      #expect(fixture.exists(".pilab/lab/runs/latest/only/alice/encrypted.bin"))
    }
  }

  // MARK: Captures and pictures

  @Test func aCaptureThatCannotBeReadIsNoEvidence() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 1 << 20), to: "image.bin")
      try fixture.writeManifest("rate: 2mbit")
      let running = try fixture.start(["run", "--mode", "namespace", "--capture"])
      #expect(try await fixture.transferIsUnderWay(running))
      let spoilt = try await fixture.shell(
        "cd .pilab/lab/runs/.20*.partial-*/only && rm capture.pcap && echo nonsense >capture.pcap")
      #expect(spoilt.status == 0, "\(spoilt.errors)")
      let run = try await running.end()
      #expect(run.status == 2, "\(run.errors)")
      #expect(run.errors.contains("cannot read the capture of exchange 'only'"))
      let exchange = try #require(try fixture.report().exchanges.first)
      #expect(exchange.verdict == .identical && exchange.capture == nil)
      #expect(exchange.warnings.contains { $0.hasPrefix("There is no evidence from the wire") })
    }
  }
}
