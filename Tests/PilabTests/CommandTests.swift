import Foundation
import Testing

/// The commands beside `run`, and what standard output and standard error get.
struct CommandTests {
  @Test func initRefusesToReplaceUnlessForced() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write("mine", to: "lab.yaml")
      let refused = try await fixture.pilab("init")
      #expect(refused.status == 73)
      #expect(refused.errors.contains("--force"))
      #expect(fixture.names() == ["lab.yaml"])
      #expect(try fixture.read("lab.yaml") == Data("mine".utf8))
      #expect(try await fixture.pilab("init", "--force").status == 0)
      #expect(try await fixture.pilab("validate").status == 0)
    }
  }

  @Test func initWithAnImageOfOnesOwnDrawsNone() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2]), to: "photo.png")
      #expect(try await fixture.pilab("init", "sub/my.yaml", "--image", "photo.png").status == 0)
      #expect(fixture.names(in: "sub") == ["my.yaml"])
      #expect(try await fixture.pilab("run", "sub/my.yaml").status == 0)
    }
  }

  @Test func initWithAMissingImageLeavesNothing() async throws {
    try await PilabFixture.with { fixture in
      let run = try await fixture.pilab("init", "--image", "no.png")
      #expect(run.status != 0)
      #expect(run.errors.contains("no.png"))
      #expect(fixture.names().isEmpty)
    }
  }

  @Test func validateTellsGoodFromBad() async throws {
    try await PilabFixture.with { fixture in
      #expect(try await fixture.pilab("init", "good.yaml").status == 0)
      try fixture.write("version: 1\nname: [\n", to: "bad.yaml")
      let good = try await fixture.pilab("validate", "good.yaml")
      #expect(good.status == 0)
      #expect(good.output.contains("good.yaml: valid"))
      let both = try await fixture.pilab("validate", "good.yaml", "bad.yaml")
      #expect(both.status == 65)
      #expect(both.errors.contains("bad.yaml:"))
      #expect(both.output.contains("good.yaml: valid"))
      let json = try await fixture.pilab("validate", "good.yaml", "bad.yaml", "--format", "json")
      #expect(json.status == 65)
      let list = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(list.map { $0["valid"] as? Bool } == [true, false])
      #expect(list.map { ($0["warnings"] as? [Any])?.count } == [0, 0])
      #expect(try await fixture.pilab("validate").status == 66)
    }
  }

  @Test func validateWarnsOfGroupsWhoseValuesCannotBeChecked() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      // 2^2203 - 1 is prime, and 2^2202 - 1 is not.
      let mersenne = "0x7" + String(repeating: "f", count: 550)
      try fixture.writeManifest(
        "group: { prime: \"\(mersenne)\", generator: 3 }",
        "privateExponents: { alice: 987654321 }")
      let text = try await fixture.pilab("validate")
      #expect(text.status == 0)
      #expect(text.output.contains(": valid"))
      #expect(text.errors.contains("warning: public values cannot be checked in this group"))
      #expect(text.errors.contains("this fixed private exponent leaks in this group"))
      #expect(!text.errors.contains("987654321"))
      let json = try await fixture.pilab("validate", "--format", "json")
      let list = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
      #expect(list.map { $0["valid"] as? Bool } == [true])
      #expect((list.first?["warnings"] as? [[String: Any]])?.count == 2)
    }
  }

  @Test func doctorListsEveryModeAndWhatIsMissing() async throws {
    try await PilabFixture.with { fixture in
      let well = try await fixture.pilab("doctor")
      #expect(well.status == 0)
      for mode in ["loopback", "namespace", "libvirt", "virtualbox"] {
        #expect(well.output.contains("mode \(mode)"))
      }
      let ill = try await fixture.pilab("doctor", "--board-programs", "nowhere", "--format", "json")
      #expect(ill.status == 2)
      let list = try #require(
        try JSONSerialization.jsonObject(with: Data(ill.output.utf8)) as? [[String: Any]])
      let programs = try #require(list.first { $0["kind"] as? String == "programs" })
      #expect(programs["state"] as? String == "unfit")
      #expect((programs["remedy"] as? String)?.contains("swift build") == true)
      #expect(fixture.names().isEmpty)
    }
  }

  @Test func schemaIsJSON() async throws {
    try await PilabFixture.with { fixture in
      let schema = try await fixture.pilab("schema")
      #expect(schema.status == 0)
      let object = try JSONSerialization.jsonObject(with: Data(schema.output.utf8))
      #expect((object as? [String: Any])?["$schema"] != nil)
    }
  }

  @Test func helpVersionAndUsage() async throws {
    try await PilabFixture.with { fixture in
      let help = try await fixture.pilab("--help")
      #expect(help.status == 0)
      for words in ["pilab init", "Exit status:", "generate-completion-script", "  130  "] {
        #expect(help.output.contains(words))
      }
      #expect(try await fixture.pilab("--version").output == "0.1.0\n")
      let wrong = try await fixture.pilab("run", "--no-such-option")
      #expect(wrong.status == 64)
      #expect(wrong.output.isEmpty)
      #expect(try await fixture.pilab("--generate-completion-script", "bash").status == 0)
    }
  }

  @Test func readerThatGoesAwayIsNoError() async throws {
    try await PilabFixture.with { fixture in
      let script = "{ pilab schema; echo status $? >&2; } | head -c 1 >/dev/null"
      let run = try await fixture.shell(script)
      #expect(run.errors == "status 0\n")
    }
  }

  @Test func fullDiskIsAnError() async throws {
    try await PilabFixture.with { fixture in
      let run = try await fixture.shell("pilab schema >/dev/full")
      #expect(run.status == 73)
      #expect(run.errors.contains("cannot write to standard output"))
    }
  }
}
