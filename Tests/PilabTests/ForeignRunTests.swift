import Foundation
import Testing

/// What others put among a lab's runs, or keep from being seen there.
struct ForeignRunTests {
  private static let runs = ".pilab/lab/runs"

  @Test func onlyRunsAreListedReportedAndPruned() async throws {
    try await PilabFixture.withRuns(3) { fixture, names in
      // No process has a number beyond the kernel's limit of 2^22; process 1 is alive.
      let foreign = ["2099-notes", "2099-12-31T23-59-59", "a-file", "linked", "zz"]
      let made = try await fixture.shell(
        """
        cd \(Self.runs) && mkdir 2099-notes 2099-12-31T23-59-59 zz && echo mine >zz/mine && echo mine >a-file
        ln -s \(names[0]) linked && ln -s \(names[0]) 2099-12-31T23-59-59Z
        ln -s \(names[0]) latest.partial-4194305 && ln -s \(names[0]) latest.partial-1
        """)
      #expect(made.status == 0, "\(made.errors)")
      let list = try await fixture.pilab("runs", "--format", "json")
      let lines = try #require(
        try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
      #expect(lines.map { $0["name"] as? String } == names)
      #expect(try await fixture.pilab("list").output.hasSuffix("  3\n"))
      let report = try await fixture.pilab("report", "--format", "json")
      #expect(
        Data(report.output.utf8) == (try fixture.read("\(Self.runs)/\(names[2])/report.json")))
      #expect(try await fixture.pilab("prune", "--keep", "1").status == 0)
      #expect(
        fixture.names(in: Self.runs)
          == ([names[2], "2099-12-31T23-59-59Z", "latest", "latest.partial-1"] + foreign).sorted())
      #expect(fixture.exists("\(Self.runs)/zz/mine"))
    }
  }

  @Test(arguments: ["mkdir", "touch"])
  func whatIsCalledLatestIsLeftAlone(_ make: String) async throws {
    try await PilabFixture.withRuns(1) { fixture, names in
      let latest = "\(Self.runs)/latest"
      #expect(try await fixture.shell("rm \(latest) && \(make) \(latest)").status == 0)
      let run = try await fixture.pilab("run", "--quiet")
      #expect(run.status == 73)
      #expect(run.errors.contains("latest: it is a f") && run.errors.contains("hint: move it away"))
      let left = fixture.names(in: Self.runs)
      #expect(left.count == 3 && !left.contains { $0.contains("partial") }, "\(left)")
      let newest = try #require(left.filter { $0 != "latest" && $0 != names[0] }.first)
      let report = try await fixture.pilab("report", "--format", "json")
      #expect(Data(report.output.utf8) == (try fixture.read("\(Self.runs)/\(newest)/report.json")))
    }
  }

  /// After a `sudo pilab` it is root who must be asked.
  @Test(.enabled(if: geteuid() == 0)) func runsOfRootComeWithChown() async throws {
    try await PilabFixture.withRuns(2) { fixture, names in
      let asUser = "setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=$PWD pilab"
      let closed = try await fixture.shell(
        "chown -R 65534 .. && chown -R 0 \(Self.runs) && chmod 700 \(Self.runs)")
      #expect(closed.status == 0)
      for command in [
        "runs", "list", "prune --keep 1", "report", "report latest", "compare \(names[0]) latest",
      ] {
        let result = try await fixture.shell("\(asUser) \(command) 2>&1")
        #expect(result.output.contains("sudo chown -R nobody: "), "\(command): \(result.output)")
        #expect(!result.output.contains("no runs here"))
      }
      // One whose folder is open, and the run itself is not.
      _ = try await fixture.shell(
        "chown 65534 \(Self.runs) && chmod 700 \(Self.runs)/\(names[0])")
      let pruned = try await fixture.shell("\(asUser) prune --keep 1 2>&1")
      #expect(pruned.status == 73 && pruned.output.contains("sudo chown -R nobody: "))
      #expect(fixture.names(in: Self.runs) == names + ["latest"])
      let read = try await fixture.shell("\(asUser) report \(names[0]) 2>&1")
      #expect(read.status == 66 && read.output.contains("sudo chown -R nobody: "))
    }
  }

  @Test(arguments: [
    ("mkfifo report.json", "is no regular file"),
    ("ln -s report.json report.json", "leads back to itself"),
    ("mkdir report.json", "is a folder"),
  ])
  func reportThatIsNoFile(_ make: String, _ words: String) async throws {
    try await PilabFixture.withRuns(1) { fixture, names in
      let folder = "\(Self.runs)/\(names[0])"
      #expect(try await fixture.shell("cd \(folder) && rm report.json && \(make)").status == 0)
      for which in ["latest", folder] {
        let report = try await fixture.pilab("report", which)
        #expect(report.status == 66)
        #expect(report.errors.contains(words), "\(report.errors)")
        #expect(!report.errors.contains("ermission"))
      }
    }
  }
}
