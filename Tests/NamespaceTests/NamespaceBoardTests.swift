import Foundation
import Glibc
import LabTestSupport
import Namespace
import Testing

@testable import LabCore

/// What makes a namespace a board: its own name, devices and place, and what it shares with the others.
struct NamespaceBoardTests {
  @Test func aBoardHasItsOwnName() async throws {
    let names = ["alice", "bob-", String(repeating: "c", count: 63)]
    var before = utsname()
    uname(&before)
    try await LabFixture.with(NamespaceBackend(), boards: names) { fixture in
      for name in names {
        // A host name does not end with a hyphen.
        let own = name == "bob-" ? "bob" : name
        let texts = try await fixture.texts(
          "hostname; uname -n; getent ahostsv4 \(own) | wc -l", on: name)
        #expect(texts == [own, own, "3"])
      }
      // A new name is the board's own matter, and stays.
      let change = ExecCommand(program: "hostname", arguments: ["another"])
      let renamed = try await fixture.lab.board("bob-").exec(change)
      #expect(renamed == .exited(0))
      #expect(try await fixture.texts("hostname", on: "bob-") == ["another"])
      #expect(try await fixture.texts("hostname", on: "alice") == ["alice"])
      var now = utsname()
      uname(&now)
      #expect(
        withUnsafeBytes(of: before.nodename) { Array($0) }
          == withUnsafeBytes(of: now.nodename) { Array($0) })
    }
  }

  @Test func aBoardSeesItsOwnNetworkDevicesAlone() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      for name in ["alice", "bob"] {
        let (_, lines) = try await fixture.run(
          "ls /sys/class/net; cat /sys/class/net/eth0/address; ip -br link show eth0", on: name)
        #expect(lines.map(\.text).prefix(2) == ["eth0", "lo"])
        let mac = try #require(lines.dropFirst(2).first).text
        #expect(lines.last?.text.contains(mac) == true)
      }
    }
  }

  @Test func allBoardsAreFoundByName() async throws {
    let names = ["alice", "bob", "carol-2"]
    try await LabFixture.with(NamespaceBackend(), boards: names) { fixture in
      for name in names {
        let (_, lines) = try await fixture.run(
          "for n in alice bob carol-2 localhost; do getent ahostsv4 $n | head -n 1; done", on: name)
        #expect(
          lines.map { $0.text.split(separator: " ").first ?? "" }
            == ["10.77.0.1", "10.77.0.2", "10.77.0.3", "127.0.0.1"])
      }
    }
  }

  /// Whoever has given up root may look names up, too, whatever umask pilab was started with.
  @Test func theNamesAreForEverybody() async throws {
    try await LabFixture.with(NamespaceBackend()) { fixture in
      let (_, lines) = try await fixture.run("stat -c %a /etc/hosts")
      #expect(lines.map(\.text) == ["644"])
    }
  }

  /// Mounts and files are as on a machine: there for the next command, and for this board alone.
  @Test func whatACommandMountsStays() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      _ = try await fixture.run("mount -t tmpfs mine /mnt && touch /mnt/here")
      #expect(try await fixture.texts("ls /mnt/here") == ["/mnt/here"])
      #expect(try await fixture.run("ls /mnt/here", on: "bob").status != .exited(0))
      #expect(access("/mnt/here", F_OK) != 0)
    }
  }

  /// Orphans end as zombies of the lab's first process, unless it collects them.
  @Test func endedOrphansAreCollected() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      for name in ["alice", "bob"] {
        _ = try await fixture.run(
          "for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.2' >/dev/null 2>&1 &); done; exit 0",
          on: name)
      }
      let states = """
        for stat in /proc/[0-9]*/stat; do
          read -r line <"$stat" && set -- ${line##*) } && echo "$1"
        done 2>/dev/null
        """
      try await Task.sleep(for: .milliseconds(600))
      let (_, lines) = try await fixture.run(states)
      #expect(lines.contains { $0.text == "S" })
      #expect(!lines.contains { $0.text == "Z" })
    }
  }

  @Test func theKeepersAreNoProgramsOfTheBoards() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      #expect(await fixture.backend.status(fixture.lab.record).map(\.processes) == [[], []])
    }
  }

  /// A program may signal all that it sees; what keeps the boards is deaf to it.
  @Test func aBoardOutlivesSignalsToAll() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      for signal in ["HUP", "INT", "QUIT", "USR1", "TERM"] {
        let command = ExecCommand(
          program: "sh", arguments: ["-c", "trap '' \(signal); kill -\(signal) -1"])
        let status = try await fixture.board.exec(command)
        #expect(status == .exited(0))
      }
      #expect(await fixture.backend.status(fixture.lab.record).allSatisfy { $0.state == .running })
      #expect(try await fixture.texts("hostname", on: "bob") == ["bob"])
    }
  }

  /// What keeps a board dies with all others, and is there again for the next command.
  @Test func aBoardOutlivesTheEndOfAll() async throws {
    try await LabFixture.with(
      NamespaceBackend(), boards: ["alice", "bob"], lifetime: .untilDestroyed
    ) {
      fixture in
      #expect(try await fixture.texts("hostname", on: "bob") == ["bob"])
      let kill = ExecCommand(program: "sh", arguments: ["-c", "kill -KILL -1"])
      _ = try await fixture.board.exec(kill)
      #expect(
        await fixture.backend.status(fixture.lab.record).map(\.state) == [.running, .running])
      #expect(try await fixture.texts("hostname; ls /sys/class/net") == ["alice", "eth0", "lo"])
      #expect(try await fixture.texts("hostname", on: "bob") == ["bob"])
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(LabProcesses.all(of: fixture.lab.record.id).isEmpty)
    }
  }

  /// Commands that meet on a board for the first time are on one board.
  @Test func commandsAtOnceShareTheBoard() async throws {
    try await LabFixture.with(NamespaceBackend()) { fixture in
      let path = try await fixture.script("readlink /proc/self/ns/mnt /proc/self/ns/uts")
      let lines = Lines()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1...8 {
          group.addTask {
            _ = try await fixture.board.run(BoardCommand(program: path)) { lines.append($0) }
          }
        }
        try await group.waitForAll()
      }
      #expect(lines.all.count == 16)
      #expect(Set(lines.all.map(\.text)).count == 2)
    }
  }
}
