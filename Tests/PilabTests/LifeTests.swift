import Foundation
import Testing

/// `up`, `down`, `status`, `list`, `exec`, `logs` and `run` on labs that stay up.
struct LifeTests {
  private func withManifest(_ body: (PilabFixture) async throws -> Void) async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data([1, 2, 3]), to: "image.bin")
      try fixture.writeManifest("profile: sealed")
      try await body(fixture)
      #expect(try await fixture.pilab("down", "--all").status == 0)
    }
  }

  private func withLab(_ body: (PilabFixture) async throws -> Void) async throws {
    try await withManifest { (fixture: PilabFixture) async throws in
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      try await body(fixture)
    }
  }

  @Test func upAndDownMayBeRepeated() async throws {
    try await withManifest { (fixture: PilabFixture) async throws in
      let first = try await fixture.pilab("up", "--mode", "loopback")
      #expect(
        first.output.hasPrefix("lab 'lab' is up (loopback): alice 127.77.0.1, bob 127.77.0.2"))
      let state = try fixture.read(".pilab/lab/state.json")
      let second = try await fixture.pilab("up", "--format", "json")
      #expect(second.output.contains(#""made" : false"#))
      let unchanged = try fixture.read(".pilab/lab/state.json") == state
      #expect(unchanged)
      #expect(try await fixture.pilab("down").output == "lab 'lab' is down\n")
      #expect(!fixture.exists(".pilab"))
      let again = try await fixture.pilab("down")
      #expect(again.status == 0)
      #expect(again.output == "lab 'lab' was not up\n")
    }
  }

  @Test func runUsesTheLabThatIsUp() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      #expect(try await fixture.pilab("run").status == 0)
      let key = try fixture.read(".pilab/lab/psk")
      #expect(try await fixture.pilab("run").status == 0)
      let isSameKey = try fixture.read(".pilab/lab/psk") == key
      #expect(isSameKey)
      let shown1 = try await fixture.pilab("status").output
      #expect(shown1.contains("runs kept: 2"))
      let files = try await fixture.pilab("exec", "bob", "--", "cat", "only.decrypted.bin")
      #expect(files.output == "\u{1}\u{2}\u{3}")
      #expect(try await fixture.pilab("down").status == 0)
      #expect(fixture.names(in: ".pilab/lab") == ["runs"])
      #expect(fixture.exists(".pilab/lab/runs/latest/report.html"))
    }
  }

  @Test func runLeavesTheLabDownUnlessKept() async throws {
    try await withManifest { (fixture: PilabFixture) async throws in
      #expect(try await fixture.pilab("run").status == 0)
      #expect(!fixture.exists(".pilab/lab/state.json"))
      #expect(try await fixture.pilab("status").status == 69)
      #expect(try await fixture.pilab("run", "--keep", "--mode", "loopback").status == 0)
      #expect(try await fixture.pilab("status").status == 0)
    }
  }

  @Test(arguments: [
    ("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
    ("kill -INT $$", 130),
  ])
  func exitStatusPassesThrough(_ script: String, _ status: Int32) async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      let run = try await fixture.pilab("exec", "bob", "--", "sh", "-c", script)
      #expect(run.status == status)
      #expect(run.errors.isEmpty)
    }
  }

  @Test func execIsTransparent() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      let run = try await fixture.shell(
        "printf 'a\\000b' | pilab exec alice -- sh -c 'cat; echo oops >&2' | od -An -tx1")
      #expect(run.output == " 61 00 62\n")
      #expect(run.errors == "oops\n")
      let endless = try await fixture.shell("pilab exec bob -- yes | head -n 1")
      #expect(endless.output == "y\n")
      let shell = try await fixture.shell("echo 'basename $PWD; exit 4' | pilab shell bob")
      #expect(shell.status == 4)
      #expect(shell.output == "bob\n")
    }
  }

  @Test func aDetachedCommandLivesUntilDown() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      let script = "echo started; echo oops >&2; exec sleep 600"
      let exec = try await fixture.pilab("exec", "--detach", "bob", "--", "sh", "-c", script)
      #expect(exec.status == 0)
      let process = try #require(Int32(exec.output.trimmingCharacters(in: .newlines)))
      // There has been no run.
      let logs = try await fixture.pilab("logs", "bob")
      #expect(logs.status == 0)
      #expect(logs.output.hasPrefix("==> bob process \(process) (running): "))
      #expect(
        logs.output.hasSuffix("\nstarted\noops\n\n") || logs.output.hasSuffix("\nstarted\noops\n"))
      let status = try await fixture.shell(
        "pilab status --format json | jq -c '[.boards[].processes[]]'")
      #expect(status.output == "[\(process)]\n")
      let query = "jq -c '.[] | [.board, .process, .running, .stream, .exchange]'"
      let json = try await fixture.shell("pilab logs --format json | \(query)")
      #expect(json.output == "[\"bob\",\(process),true,\"output\",null]\n")
      #expect(try await fixture.pilab("run", "-q").status == 0)
      #expect(try await fixture.pilab("logs", "bob").output.contains("started\noops\n"))
      #expect(
        try await fixture.pilab("logs", "--exchange", "only").output.contains("process") == false)
      #expect(kill(process, 0) == 0)
      #expect(try await fixture.pilab("down").status == 0)
      // It may stay a zombie until the machine's first process looks.
      let over = try await fixture.eventually { kill(process, 0) != 0 }
      #expect(over)
      let missing = try await fixture.pilab("exec", "-d", "bob", "--", "true")
      #expect(missing.status == 69)
    }
  }

  @Test func execOfWhatIsNotThere() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      let command = try await fixture.pilab("exec", "bob", "--", "no-such-command")
      #expect(command.status == 127)
      #expect(command.errors.contains("no-such-command"))
      let detached = try await fixture.pilab("exec", "--detach", "bob", "--", "no-such-command")
      #expect(detached.status == 127)
      #expect(detached.errors.contains("no-such-command"))
      let board = try await fixture.pilab("exec", "carol", "--", "true")
      #expect(board.status == 64)
      #expect(board.errors.contains("lab 'lab' has no board 'carol'"))
      #expect(board.errors.contains("its boards are: alice, bob"))
      #expect(try await fixture.pilab("exec", "bob").status == 64)
      #expect(try await fixture.pilab("down").status == 0)
      let lab = try await fixture.pilab("exec", "bob", "--", "true")
      #expect(lab.status == 69)
      #expect(lab.errors.contains("pilab up"))
    }
  }

  @Test func twoLabsOfOneManifest() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      let long = String(repeating: "a", count: 63)
      #expect(
        try await fixture.pilab("up", "--name", long, "--mode", "loopback").status == 0)
      #expect(
        try await fixture.pilab("exec", "bob", "--lab", long, "--", "touch", "mine").status == 0)
      #expect(fixture.exists(".pilab/\(long)/boards/bob/mine"))
      #expect(!fixture.exists(".pilab/lab/boards/bob/mine"))
      let run = try await fixture.pilab("run", "--name", long)
      #expect(run.status == 0)
      #expect(fixture.exists(".pilab/\(long)/runs/latest/report.json"))
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
      let list = try await fixture.pilab("list")
      #expect(list.output.split(separator: "\n").count == 3)
      try fixture.write("", to: "lab.yaml.off")
      #expect(try await fixture.shell("mv lab.yaml away.yaml").status == 0)
      let which = try await fixture.pilab("status")
      #expect(which.status == 64)
      #expect(which.errors.contains("several labs are up"))
      #expect(try await fixture.pilab("down", "--lab", long).status == 0)
      // One lab is left, so it need not be named, and its manifest's path is known.
      #expect(try await fixture.pilab("exec", "bob", "--", "true").status == 0)
      #expect(try await fixture.shell("mv away.yaml lab.yaml").status == 0)
    }
  }

  @Test(arguments: ["Upper", String(repeating: "a", count: 64), "../x", "-x", ""])
  func badNames(_ name: String) async throws {
    try await withManifest { (fixture: PilabFixture) async throws in
      #expect(try await fixture.pilab("up", "--name=\(name)").status == 64)
      #expect(try await fixture.pilab("down", "--lab=\(name)").status == 64)
      #expect(!fixture.exists(".pilab"))
    }
  }

  @Test func logsOfTheLastRun() async throws {
    try await withManifest { (fixture: PilabFixture) async throws in
      #expect(try await fixture.pilab("logs").status == 66)
      #expect(try await fixture.pilab("run").status == 0)
      let bob = try await fixture.pilab("logs", "bob", "--exchange", "only")
      #expect(bob.status == 0)
      #expect(bob.output.contains("==> only bob stdout\n"))
      #expect(bob.output.contains(#""event":"confirmed""#))
      #expect(!bob.output.contains("alice stdout"))
      #expect(try await fixture.pilab("logs", "carol").status == 64)
    }
  }

  @Test func linksNeedANetworkOfTheirOwn() async throws {
    try await withLab { (fixture: PilabFixture) async throws in
      for words in [["impair", "bob", "--loss", "1%"], ["link", "bob", "down"]] {
        let run = try await fixture.start(words).end()
        #expect(run.status == 2)
        #expect(run.errors.contains("--mode namespace"))
      }
      let nothing = try await fixture.pilab("impair", "bob")
      #expect(nothing.status == 64)
      let jitter = try await fixture.pilab("impair", "bob", "--jitter", "5ms")
      #expect(jitter.status == 64)
      #expect(jitter.errors.contains("--jitter"))
      let capture = try await fixture.pilab("capture", "bob", "-w", "x.pcap", "--seconds", "1")
      #expect(capture.status == 2)
      #expect(!fixture.exists("x.pcap"))
      let run = try await fixture.pilab("run", "--capture")
      #expect(run.status == 2)
      #expect(run.errors.contains("--mode namespace"))
      #expect(fixture.names(in: ".pilab/lab/runs").isEmpty)
    }
  }

  @Test(arguments: ["", "profile: sealed"])
  func aCaptureProvesWhatCrossedTheWire(_ profile: String) async throws {
    try await PilabFixture.with { fixture in
      // Flat areas, so that blocks repeat.
      try fixture.write(Data((0..<200_000).map { UInt8($0 / 1000 % 251) }), to: "image.bin")
      try fixture.writeManifest(profile)
      let run = try await fixture.pilab("run", "--mode", "namespace", "--capture")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("✓ 4 proved"))
      let exchange = try #require(try fixture.report().exchanges.first)
      let capture = try #require(exchange.capture)
      #expect(capture.file == "only/capture.pcap")
      #expect(fixture.exists(".pilab/lab/runs/latest/only/capture.pcap"))
      let conversation = capture.conversations[try #require(capture.exchangeConversation)]
      #expect(conversation.server.address == "10.77.0.1")
      #expect(conversation.client.address == "10.77.0.2")
      #expect(conversation.server.payloadBytes > 200_000)
      #expect(exchange.warnings.allSatisfy { !$0.contains("lacks frames") })
    }
  }
}
