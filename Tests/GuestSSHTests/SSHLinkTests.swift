import Foundation
import Glibc
import HostKit
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import GuestSSH
@testable import LabCore

/// The link of a board that is reached by SSH: the server's tc, ip and tcpdump work in a network namespace.
@Suite(.serialized, .enabled(if: Server.canStart, Server.needsRoot))
struct SSHLinkTests {
  private static let rate = BitRate(bitsPerSecond: 8_000_000)
  private let tools = Tool(searchPath: Tool.standardSearchPath)

  /// A network with the board's interface and a neighbour that takes what it gets.
  private static let network = """
    set -e
    ip link set lo up
    ip link add eth7 address 02:00:00:00:00:01 type veth peer name far
    ip link set far up
    ip address add 10.77.0.1/24 dev eth7
    ip link set eth7 up
    ip neighbour add 10.77.0.2 lladdr 02:00:00:00:00:02 dev eth7
    echo ready
    exec sleep 600
    """

  private func with(
    _ server: Server, user: String = "root", maySudo: Bool = true, lacks: String? = nil,
    _ body: (SSHFixture, pid_t) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let log = "\(folder)/network.log"
      let holder = try await ServerProcess.start(
        ["/usr/bin/unshare", "--net", "/bin/sh", "-c", Self.network], log: log)
      let result: Result<Void, any Error>
      do {
        let isReady = try await eventually {
          (try? String(contentsOfFile: log, encoding: .utf8))?.contains("ready") == true
        }
        try #require(isReady, "no network")
        let prelude = wrappers(holder.pid, lacks) + sudoers(maySudo)
        try await SSHFixture.with(server, user: user, prelude: prelude) { fixture in
          try await body(fixture, holder.pid)
        }
        result = .success(())
      } catch { result = .failure(error) }
      await holder.end()
      try result.get()
    }
  }

  private func wrappers(_ holder: pid_t, _ lacks: String?) -> String {
    """
    mkdir /run/real
    for tool in tc ip tcpdump; do
      path=$(readlink -f "$(command -v $tool)")
      cp "$path" /run/real/$tool
      if [ $tool = "\(lacks ?? "none")" ]; then mount --bind /dev/null "$path"; continue; fi
      printf '#!/bin/sh\\nexec nsenter --net=/proc/\(holder)/ns/net /run/real/%s "$@"\\n' $tool \\
        >/run/$tool
      chmod 755 /run/$tool
      mount --bind /run/$tool "$path"
    done

    """
  }

  private func sudoers(_ maySudo: Bool) -> String {
    guard maySudo else { return "" }
    return """
      mount -t tmpfs -o mode=755 tmpfs /etc/sudoers.d
      echo 'pi ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/pi
      chmod 440 /etc/sudoers.d/pi

      """
  }

  private func inNetwork(_ holder: pid_t, _ words: [String]) async throws -> String {
    let outcome = try await tools.run(["nsenter", "--net=/proc/\(holder)/ns/net"] + words)
    try #require(outcome.succeeded, "\(outcome.errors)")
    return outcome.output
  }

  private func send(_ count: Int, _ holder: pid_t) async throws {
    _ = try await inNetwork(
      holder,
      [
        "python3", "-c",
        """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for i in range(\(count)): s.sendto(b"x" * 64, ("10.77.0.2", 9))
        """,
      ])
  }

  @Test(arguments: [(Server.openssh, "root"), (.openssh, "pi"), (.dropbear, "root")])
  func linksAreImpairedAndMadeGood(_ server: Server, _ user: String) async throws {
    try await with(server, user: user) { fixture, holder in
      let board = fixture.board
      let possible = try await board.possibleImpairments()
      try #require(possible.contains(.rate))
      try await board.clearImpairment()
      try await board.impair(LinkImpairment(rate: Self.rate))
      let limited = try await inNetwork(holder, ["tc", "qdisc", "show", "dev", "eth7"])
      #expect(limited.contains("rate 8Mbit"))
      try await board.clearImpairment()
      try await board.clearImpairment()
      let clear = try await inNetwork(holder, ["tc", "qdisc", "show", "dev", "eth7"])
      #expect(!clear.contains("rate"))
      if !possible.contains(.delay) {
        await #expect { try await board.impair(LinkImpairment(delay: .milliseconds(1))) } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .unsupported && error.message.contains("no sch_netem")
        }
      }
      #expect(
        try await inNetwork(holder, ["tc", "qdisc", "show", "dev", "lo"]).contains("noqueue"))
    }
  }

  @Test(arguments: [(Server.openssh, "root"), (.openssh, "pi"), (.dropbear, "root")])
  func capturesHoldEveryFrame(_ server: Server, _ user: String) async throws {
    try await with(server, user: user) { fixture, holder in
      let file = "\(fixture.folder)/frames"
      let capture = try await fixture.board.startCapture(to: file)
      await #expect { _ = try await fixture.board.startCapture(to: file) } throws: {
        ($0 as? LabError)?.code == .notCaptured
      }
      try await send(3000, holder)
      try await capture.stop()
      try await capture.stop()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
      let frames = try Frames.count(in: bytes, holding: Data([10, 77, 0, 1, 10, 77, 0, 2]))
      #expect(frames == 3000)
    }
  }

  @Test func aCaptureThatLostItsBoardSaysSo() async throws {
    try await with(.dropbear) { fixture, _ in
      let capture = try await fixture.board.startCapture(to: "\(fixture.folder)/frames")
      fixture.killSessions()
      await #expect { try await capture.stop() } throws: {
        ($0 as? LabError)?.code == .notCaptured
      }
    }
  }

  @Test(arguments: ["tc", "tcpdump"]) func whatTheBoardLacksIsNamed(_ tool: String) async throws {
    try await with(.openssh, lacks: tool) { fixture, _ in
      let file = "\(fixture.folder)/frames"
      await #expect {
        if tool == "tc" {
          try await fixture.board.impair(LinkImpairment(rate: Self.rate))
        } else {
          _ = try await fixture.board.startCapture(to: file)
        }
      } throws: {
        guard let error = $0 as? LabError else { return false }
        return [.unavailable, .unsupported].contains(error.code) && error.message.contains(tool)
      }
      #expect(!FileManager.default.fileExists(atPath: file))
      try await fixture.board.clearImpairment()
    }
  }

  @Test func aUserWhoMayNotBecomeRootIsToldHow() async throws {
    try await with(.openssh, user: "pi", maySudo: false) { fixture, _ in
      let status = try await fixture.shell("exit $(id -u | grep -c 4242)").status
      #expect(status == .exited(1))
      let file = "\(fixture.folder)/frames"
      for step in ["link", "capture"] {
        await #expect {
          if step == "link" {
            try await fixture.board.impair(LinkImpairment(rate: Self.rate))
          } else {
            _ = try await fixture.board.startCapture(to: file)
          }
        } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .unavailable && error.hint?.contains("sudoers.d") == true
            && error.step == step
        }
      }
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test func interfacesAreFoundByTheirMACAddressToo() async throws {
    try await with(.openssh) { fixture, _ in
      // That of the machine: /sys shows the interfaces of the server's network.
      let board = SSHBoard(
        .init(name: "alice", address: "10.77.0.1"), connection: fixture.connection,
        folder: fixture.place, macAddress: "00:00:00:00:00:00")
      let found = try await board.tool(
        LabInterface.script + "echo \"$i\"", LabInterface.arguments(of: board), step: "link")
      #expect(found.output == "lo\n")
      let other = SSHBoard(
        .init(name: "alice", address: "10.77.0.9"), connection: fixture.connection,
        folder: fixture.place)
      await #expect { try await other.clearImpairment() } throws: {
        ($0 as? LabError)?.cause == "no interface has the address 10.77.0.9"
      }
    }
  }

  @Test func plansFollowWhatTheKernelHas() throws {
    let rate = LinkImpairment(rate: Self.rate)
    let delay = LinkImpairment(rate: Self.rate, delay: .milliseconds(1))
    func plan(_ impairment: LinkImpairment, _ abilities: Set<String>) -> String {
      do {
        return try TrafficControl.plan(impairment, abilities: abilities, board: "alice")
          .joined(separator: " ")
      } catch { return error.message }
    }
    #expect(plan(delay, ["netem", "tbf"]) == "netem rate 8000000bit delay 1000us")
    #expect(plan(rate, ["tbf"]) == "tbf rate 8000000bit burst 70000b latency 100ms")
    #expect(plan(delay, ["tbf"]) == "no delay here: the kernel of the board has no sch_netem")
    #expect(plan(rate, []).hasPrefix("no rate here:"))
    #expect(plan(rate, ["none"]) == "the board has no tc")
  }

  @Test func countsAreReadFromTcpdumpsWords() {
    let line =
      "tcpdump: 7 packets captured, 9 packets received by filter, 1 packet dropped by kernel"
    #expect(SSHCapture.Counts(line).map { [$0.captured, $0.received, $0.dropped] } == [7, 9, 1])
    #expect(SSHCapture.Counts("listening on eth0, link-type EN10MB") == nil)
  }
}
