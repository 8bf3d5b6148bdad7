import Foundation
import LabResults
import Testing

/// `pilab report`, `runs`, `prune` and `compare` on finished runs.
struct ReportTests {
  @Test func everyFormOfTheNewestRun() async throws {
    try await PilabFixture.withRuns(1) { fixture, names in
      for (form, beginning) in [
        ("text", "Identical"), ("json", "{"), ("html", "<!DOCTYPE html>"), ("markdown", "## ✅"),
        ("junit", "<?xml"), ("csv", "kind,name,"), ("openmetrics", "# TYPE pilab_run info"),
      ] {
        let report = try await fixture.pilab("report", "--format", form)
        #expect(report.status == 0 && report.output.hasPrefix(beginning), "\(form)")
      }
      let stored = try fixture.read(".pilab/lab/runs/\(names[0])/report.json")
      for which in ["latest", "lab/latest", names[0], "lab/\(names[0])", ".pilab/lab/runs/latest"] {
        let json = try await fixture.pilab("report", which, "--format", "json")
        #expect(Data(json.output.utf8) == stored, "\(which)")
      }
      let file = try await fixture.pilab("report", "--format", "junit", "--output", "out/x.xml")
      #expect(file.status == 73)
      #expect(
        try await fixture.pilab("report", "--format", "junit", "--output", "x.xml").status == 0)
      #expect(fixture.exists("x.xml"))
    }
  }

  @Test func theBrowserIsTheUsers() async throws {
    try await PilabFixture.withRuns(1) { fixture, names in
      try fixture.write("#!/bin/sh\necho \"$1\" >opened\n", to: "browser")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(fixture.folder)/browser")
      let opened = try await fixture.pilab(
        "report", "--open", environment: ["BROWSER": "\(fixture.folder)/browser"])
      #expect(opened.status == 0)
      #expect(opened.output.hasSuffix(".pilab/lab/runs/\(names[0])/report.html\n"))
      #expect(try String(decoding: fixture.read("opened"), as: UTF8.self) == opened.output)
    }
  }

  @Test func runsThatAreNotThere() async throws {
    try await PilabFixture.with { fixture in
      let none = try await fixture.pilab("report")
      #expect(none.status == 66 && none.errors.contains("pilab run"))
      let other = try await fixture.pilab("report", "yesterday", "--format", "json")
      #expect(other.status == 66 && other.output.contains("no_such_run"))
      #expect(try await fixture.pilab("runs").output.contains("no runs here"))
      try fixture.write("{}", to: "report.json")
      let broken = try await fixture.pilab("report", ".")
      #expect(broken.status == 66 && broken.errors.contains("cannot read the report"))
    }
  }

  @Test func pruningKeepsTheNewestAndTheLatest() async throws {
    try await PilabFixture.withRuns(4) { fixture, names in
      let list = try await fixture.pilab("runs")
      #expect(names.allSatisfy(list.output.contains))
      #expect(list.output.split(separator: "\n").last?.contains("(latest)") == true)
      // Another one is the latest than the newest.
      let link = "\(fixture.folder)/.pilab/lab/runs/latest"
      try FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: names[0])
      let underWay = ".pilab/lab/runs/.next.partial-\(ProcessInfo.processInfo.processIdentifier)"
      try FileManager.default.createDirectory(
        atPath: "\(fixture.folder)/\(underWay)", withIntermediateDirectories: false)
      let trial = try await fixture.pilab("prune", "--keep", "1", "--dry-run")
      #expect(trial.output == "would remove lab/\(names[1])\nwould remove lab/\(names[2])\n")
      #expect(fixture.names(in: ".pilab/lab/runs").count == 6)
      #expect(try await fixture.pilab("prune", "--keep", "1").status == 0)
      #expect(
        fixture.names(in: ".pilab/lab/runs")
          == [(underWay as NSString).lastPathComponent, names[0], names[3], "latest"])
      #expect(try await fixture.pilab("prune", "--keep", "-1").status == 64)
    }
  }

  /// pilab kept no checks in report.json before it had them.
  @Test func runsOfEarlierVersionsAreRead() async throws {
    try await PilabFixture.withRuns(2) { fixture, names in
      let path = ".pilab/lab/runs/\(names[0])/report.json"
      let text = try await fixture.pilab("report", names[0]).output
      var document = try #require(
        JSONSerialization.jsonObject(with: fixture.read(path)) as? [String: Any])
      var exchanges = try #require(document["exchanges"] as? [[String: Any]])
      for index in exchanges.indices {
        #expect(exchanges[index].removeValue(forKey: "checks") != nil)
      }
      document["exchanges"] = exchanges
      try fixture.write(JSONSerialization.data(withJSONObject: document), to: path)
      #expect(try await fixture.pilab("report", names[0]).output == text)
      let runs = try await fixture.pilab("runs").output.split(separator: "\n")
      #expect(runs.count { $0.contains(" identical ") } == 2)
      let compared = try await fixture.pilab(
        "compare", names[0], "latest", "--fail-on-regression", "1000%")
      #expect(compared.status == 0)
    }
  }

  @Test func comparingRuns() async throws {
    try await PilabFixture.withRuns(2) { fixture, names in
      let text = try await fixture.pilab("compare", names[0], "latest")
      #expect(text.status == 0 && text.output.contains("measured too seldom to tell"))
      for (form, part) in [
        ("json", "\"points\""), ("markdown", "| point |"), ("html", "<!DOCTYPE html>"),
      ] {
        let other = try await fixture.pilab("compare", names[0], "latest", "--format", form)
        #expect(other.status == 0 && other.output.contains(part), "\(form)")
      }
      // A sweep that became slower.
      var report = try fixture.report()
      for (name, factor) in [("before", 1.0), ("after", 1.3)] {
        report.sweep = Self.sweep(factor)
        try fixture.write(report, toFolder: name)
      }
      for (limit, status) in [("10%", Int32(1)), ("50%", 0), ("ten", 64)] {
        let compared = try await fixture.pilab(
          "compare", "before", "after", "--fail-on-regression", limit)
        #expect(compared.status == status, "\(limit)")
      }
      let faster = try await fixture.pilab(
        "compare", "after", "before/report.json", "--fail-on-regression", "0%")
      #expect(faster.status == 0 && faster.output.contains("1 faster"))
      // A run that failed has no times that could be slower.
      var failed = report
      failed.exchanges[0].failure = FailureReport(
        step: "run", code: "killed", message: "pi-receiver was killed by signal 9 (Killed)")
      failed.exchanges[0].judge()
      try fixture.write(failed, toFolder: "failed")
      let gate = try await fixture.pilab(
        "compare", "before", "failed", "--fail-on-regression", "50%")
      #expect(gate.status == 1 && gate.errors.contains("The second run failed: "))
      // Taking nothing away may be repeated.
      #expect(try await fixture.pilab("down").status == 0)
      // A comparison of nothing is no good news.
      report.sweep = nil
      report.exchanges = []
      try fixture.write(report, toFolder: "empty")
      let nothing = try await fixture.pilab(
        "compare", "before", "empty", "--fail-on-regression", "10%")
      #expect(nothing.status == 1 && nothing.errors.contains("no point in common"))
      #expect(try await fixture.pilab("compare", "before", "empty").status == 0)
    }
  }

  private static func sweep(_ factor: Double) -> SweepResult {
    let samples = (0..<6).map {
      SweepSample(
        position: $0, verdict: .identical,
        nanoseconds: ["exchange": UInt64((1e6 + 1e3 * Double($0)) * factor)])
    }
    return SweepResult(
      seed: 1, warmups: 0, repeats: 6, sessions: [],
      points: [
        SweepPoint(
          mode: "loopback", profile: "classic", cipher: "aes-128-ctr", group: "ffdhe2048",
          groupBits: 2048, authentication: "none", image: ImageReport(name: "", bytes: 1024),
          imageSHA256: "", samples: samples)
      ])
  }
}
