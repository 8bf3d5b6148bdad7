import Foundation
import Testing

/// Labs whose folder was moved while they were up, and programs that show no marks.
struct LeftoverTests {
  /// A lab of a name that no other test's has: they run at the same time on one machine.
  private func withLab(
    _ mode: String, _ body: (PilabFixture, _ lab: String) async throws -> Void
  ) async throws {
    try await PilabFixture.with { fixture in
      let lab = "left-\(UUID().uuidString.prefix(8).lowercased())"
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest("profile: sealed")
      #expect(try await fixture.pilab("up", "--name", lab, "--mode", mode).status == 0)
      try await body(fixture, lab)
      #expect(try await fixture.pilab("down", "--all").status == 0)
      let rest = try await fixture.pilab("down", "--leftovers", "--lab", lab)
      #expect(rest.output == "nothing is left over\n")
    }
  }

  @Test(arguments: ["namespace", "loopback"])
  func aMovedFolderIsTakenDownWhereItIs(_ mode: String) async throws {
    try await withLab(mode) { fixture, lab in
      let old = fixture.folder + "/.pilab"
      #expect(try await fixture.shell("mkdir away; mv .pilab away").status == 0)
      let refused = try await fixture.shell("cd away; pilab status --lab \(lab)")
      #expect(refused.status == 69)
      #expect(refused.errors.contains("or take the lab down: pilab down --lab \(lab)"))
      if mode == "namespace" {
        let found = try await fixture.pilab("list", "--all")
        #expect(
          found.output.contains("lab '\(lab)': left over (\(mode)), made in \(old)/\(lab)"))
      }
      let down = try await fixture.shell("cd away; pilab down")
      #expect(down.output == "lab '\(lab)' is down\n", "\(down.errors)")
      #expect(try processes(of: lab, in: fixture).isEmpty)
      #expect(fixture.names(in: "away").isEmpty)
    }
  }

  /// Board programs show their environment to nobody but root, so that a user's are known by where they were started.
  @Test func programsThatShowNoMarksAreFoundAndEnded() async throws {
    try await PilabFixture.with { fixture in
      let lab = "left-\(UUID().uuidString.prefix(8).lowercased())"
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest("profile: sealed")
      #expect(try await fixture.shell("chown -R 65534:65534 ..").status == 0)
      func user(_ script: String) async throws -> Transcript {
        let setpriv = geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
        return try await fixture.shell("exec \(setpriv) env HOME=$PWD LAB=\(lab) sh -c '\(script)'")
      }
      let begin = """
        pilab up --name $LAB --mode loopback && boards=$PWD/.pilab/$LAB/boards &&
        cp "$(command -v pi-sender)" $boards/alice/pi-sender &&
        pilab exec alice --lab $LAB -- setsid -f $boards/alice/pi-sender --name alice \
          --listen 127.0.0.1:0 --image $PWD/image.bin --connect-timeout 100s
        """
      // Its own lab takes it down.
      #expect(try await user(begin).status == 0)
      #expect(try await fixture.eventually { fixture.boardProcesses.count == 1 })
      let number = try #require(fixture.boardProcesses.first)
      // It closes itself first of all.
      #expect(
        try await user(
          "for i in $(seq 200); do cat /proc/\(number)/environ >n 2>&1 || exit 0; sleep 0.05; done; exit 1"
        ).status == 0)
      #expect(try await user("pilab status --lab $LAB --format json").output.contains(number))
      let up = try await user("pilab list --all")
      #expect(up.output.contains("\(lab)  up ") && !up.output.contains("lab '\(lab)'"))
      #expect(try await user("pilab down --lab $LAB").status == 0)
      #expect(try await fixture.eventually { fixture.boardProcesses.isEmpty })

      // Left over, it is found by its user alone.
      #expect(try await user(begin).status == 0)
      #expect(try await fixture.eventually { fixture.boardProcesses.count == 1 })
      let second = try #require(fixture.boardProcesses.first)
      let isClosed = try await user(
        "for i in $(seq 200); do cat /proc/\(second)/environ >n 2>&1 || exit 0; sleep 0.05; done; exit 1"
      )
      #expect(isClosed.status == 0)
      #expect(try await user("rm -r .pilab").status == 0)
      let found = try await user("pilab list --all")
      #expect(
        found.output.contains(
          "lab '\(lab)': left over (loopback), made in \(fixture.folder)/.pilab/\(lab), which is gone"
        ))
      #expect(found.output.contains("(pi-sender)"))
      if geteuid() == 0 {
        #expect(try await !fixture.shell("pilab list --all").output.contains(lab))
      }
      let down = try await user("pilab down --leftovers --lab $LAB")
      #expect(down.status == 0 && down.output.contains("  removed"), "\(down)")
      #expect(fixture.boardProcesses.isEmpty)

      // A new lab in its place has it for its own, and takes it away before it is made.
      #expect(try await user(begin).status == 0)
      #expect(try await fixture.eventually { fixture.boardProcesses.count == 1 })
      #expect(try await user("rm -r .pilab").status == 0)
      #expect(try await user("pilab up --name $LAB --mode loopback").status == 0)
      #expect(fixture.boardProcesses.isEmpty)
      #expect(try await user("pilab down").status == 0)

      // Of a lab whose folder was moved they are still called by the old one.
      #expect(try await user(begin).status == 0)
      #expect(try await fixture.eventually { fixture.boardProcesses.count == 1 })
      let moved = try await user("mkdir away && mv .pilab away && cd away && pilab down --lab $LAB")
      #expect(moved.status == 0, "\(moved.errors)")
      #expect(fixture.boardProcesses.isEmpty)
    }
  }

  /// Command lines of processes that carry the mark of a lab of this fixture.
  private func processes(of lab: String, in fixture: PilabFixture) throws -> [String] {
    let folder = "\(fixture.folder)/.pilab/\(lab)"
    return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { number in
      guard Int32(number) != nil,
        let environment = FileManager.default.contents(atPath: "/proc/\(number)/environ")
      else { return nil }
      let words = String(decoding: environment, as: UTF8.self)
      guard words.contains("PILAB_LAB="), words.contains(folder) else { return nil }
      let command = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      return String(decoding: command, as: UTF8.self)
    }
  }
}
