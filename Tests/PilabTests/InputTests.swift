import Foundation
import Testing

/// Paths and files that pilab is given and cannot use as they are.
struct InputTests {
  private func withLab(_ body: (PilabFixture) async throws -> Void) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest()
      try await body(fixture)
    }
  }

  /// No name is repaired: that would be another folder's.
  @Test func namesThatAreNotUTF8AreRefused() async throws {
    try await withLab { fixture in
      let made = try await fixture.shell(
        "d=$(printf 'odd\\377'); mkdir \"$d\" && cp lab.yaml image.bin \"$d\" && ln -s \"$d\" good")
      #expect(made.status == 0)
      let count = fixture.names().count
      for command in ["run -q", "up", "init other.yaml", "list", "down", "report"] {
        let result = try await fixture.shell("cd odd* && pilab \(command)")
        #expect(result.status == 2, "\(command)")
        #expect(
          result.errors.contains("not UTF-8: '\(fixture.folder)/odd\\xff'"), "\(result.errors)")
      }
      let json = try await fixture.shell("cd odd* && pilab list --format json")
      #expect(json.output.contains("folder_unnamed"))
      #expect(try await fixture.shell("cd odd* && pilab --help && pilab --version").status == 0)
      let output = try await fixture.pilab("run", "-q", "--output", "good/results")
      #expect(output.status == 73 && output.errors.contains("not UTF-8"), "\(output.errors)")
      let named = try await fixture.shell("pilab run -q odd*/lab.yaml")
      #expect(named.status == 64 && named.errors.contains("not UTF-8"))
      #expect(fixture.names().filter { $0 != ".pilab" }.count == count)
      #expect(try await fixture.shell("ls odd*").output == "image.bin\nlab.yaml\n")
    }
  }

  @Test func anotherImageNeedsNoneOfTheManifests() async throws {
    try await withLab { fixture in
      try fixture.writeManifest(image: "gone.bin")
      let run = try await fixture.pilab("run", "-q", "--image", "image.bin")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try await fixture.pilab("run", "-q").status == 66)
      #expect(try await fixture.pilab("up").status == 66)
    }
  }

  @Test func imageThatCannotBeReadIsNotEmpty() async throws {
    try await withLab { fixture in
      let run = try await fixture.pilab("run", "-q", "--image", "/proc/self/mem")
      #expect(run.status == 66 && run.output.isEmpty, "\(run.output)")
      #expect(run.errors.contains("cannot read the image /proc/self/mem: Input/output error"))
      let loop = try await fixture.shell("ln -s loop loop; pilab run -q --image loop")
      #expect(loop.status == 66 && loop.errors.contains("loop is a link that leads back to itself"))
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func labThatIsUpMissesItsFiles() async throws {
    try await withLab { fixture in
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let list = try await fixture.pilab("list", "--format", "json")
      let labs = try #require(
        try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
      let boards = try #require(labs.first?["boards"] as? [[String: Any]])
      #expect(boards.map { $0["name"] as? String } == ["alice", "bob"])
      #expect(boards.allSatisfy { $0["address"] is String })
      _ = try await fixture.shell("mv image.bin away")
      let image = try await fixture.pilab("run", "-q", "--format", "json")
      #expect(image.status == 66 && image.output.contains("\"exitCode\" : 66"))
      _ = try await fixture.shell("mv away image.bin; mv lab.yaml away")
      for arguments in [["run", "-q"], ["run", "-q", "--lab", "lab"]] {
        let run = try await fixture.start(arguments).end()
        #expect(run.status == 66 && run.errors.contains("lab.yaml"), "\(run.errors)")
        #expect(run.errors.contains("pilab run FILE --lab lab"))
      }
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test func optionsThatAskForNothing() async throws {
    try await withLab { fixture in
      let empty = try await fixture.pilab("run", "--output", "")
      #expect(empty.status == 64 && empty.errors.contains("--output"))
      let both = try await fixture.pilab("impair", "alice", "--rate", "1mbit", "--clear")
      #expect(both.status == 64 && both.errors.contains("exclude each other"))
      let closed = try await fixture.shell("pilab validate - <&-")
      #expect(closed.status == 66 && closed.errors.contains("standard input is closed"))
      #expect(try await fixture.pilab("run", "-q").status == 0)
      try fixture.write("mine", to: "reg")
      let slash = try await fixture.pilab("report", "--output", "reg/")
      #expect(slash.status == 73 && slash.errors.contains("Not a directory"), "\(slash.errors)")
      #expect(try fixture.read("reg") == Data("mine".utf8))
    }
  }

  @Test(.enabled(if: geteuid() == 0)) func captureGoesWhereAFileCanBe() async throws {
    try await withLab { fixture in
      let up = try await fixture.pilab("up", "--mode", "namespace")
      try #require(up.status == 0, "\(up.errors)")
      for (file, hint) in [
        ("missing/x", "there is no \(fixture.folder)/missing"),
        ("loop", "loop is a link that leads back to itself"),
        ("image.bin/x", "image.bin is there already, and is no folder"),
      ] {
        let capture = try await fixture.shell(
          "ln -s loop loop 2>/dev/null; pilab capture bob -w \(file) --seconds 1")
        #expect(capture.status == 73 && capture.errors.contains(hint), "\(capture.errors)")
      }
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test(arguments: geteuid() == 0 ? ["loopback", "namespace"] : ["loopback"])
  func programsThatCannotBeRun(_ mode: String) async throws {
    try await withLab { fixture in
      let up = try await fixture.pilab("up", "--mode", mode)
      try #require(up.status == 0, "\(up.errors)")
      let made = try await fixture.shell(
        """
        pilab exec bob -- sh -c 'mkdir folder; echo "#!/no/such" >lost; echo "#!/bin/sh" >plain; chmod +x lost'
        """)
      #expect(made.status == 0, "\(made.errors)")
      for option in ["", "--detach"] {
        for (program, words) in [
          ("plain", "chmod u+x "), ("folder", "folder is a folder"),
          ("lost", "its interpreter is not there"), ("lost", "there is no /no"),
          ("plain/x", "plain is not a folder"),
        ] {
          let run = try await fixture.shell("pilab exec \(option) bob -- ./\(program)")
          #expect(run.status == 127, "\(program)")
          #expect(run.errors.hasPrefix("pilab: ") && run.errors.contains(words), "\(run.errors)")
        }
      }
      #expect(try await fixture.pilab("down").status == 0)
    }
  }

  @Test func lostStatePointsToLeftovers() async throws {
    try await withLab { fixture in
      let lab = "lost-\(UUID().uuidString.prefix(8).lowercased())"
      #expect(try await fixture.pilab("up", "--mode", "loopback", "--name", lab).status == 0)
      let state = ".pilab/\(lab)/state.json"
      let started = try await fixture.pilab(
        "exec", "--detach", "bob", "--lab", lab, "--", "sleep", "300")
      #expect(started.status == 0, "\(started.errors)")
      try fixture.write("nonsense", to: state)
      let damaged = try await fixture.pilab("down", "--lab", lab)
      #expect(damaged.status == 69)
      #expect(damaged.errors.contains("pilab down --leftovers --lab \(lab)"), "\(damaged.errors)")
      try FileManager.default.removeItem(atPath: "\(fixture.folder)/\(state)")
      let gone = try await fixture.pilab("down", "--lab", lab)
      #expect(gone.status == 69, "\(gone.output)")
      #expect(gone.errors.contains("pilab down --leftovers --lab \(lab)"), "\(gone.errors)")
      let left = try await fixture.pilab("down", "--leftovers", "--lab", lab)
      #expect(left.status == 0, "\(left.errors)")
      let rest = try await fixture.pilab("down", "--lab", lab)
      #expect(rest.errors.contains("rm -r '\(fixture.folder)/.pilab/\(lab)/boards'"))
      _ = try await fixture.shell("rm -r .pilab/\(lab)/boards")
      #expect(try await fixture.pilab("down", "--lab", lab).status == 0)
      #expect(!fixture.exists(".pilab/\(lab)"))
    }
  }
}
