import Foundation
import Glibc
import HostKit
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import LabCore
@testable import Namespace

/// Links that are taken down, made worse and recorded.
struct NamespaceLinkTests {
  private func with(_ body: (LabFixture, NamespaceBoard, NamespaceBoard) async throws -> Void)
    async throws
  {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      try await body(
        fixture, try #require(fixture.board as? NamespaceBoard),
        try #require(fixture.lab.board("bob") as? NamespaceBoard))
    }
  }

  @Test func aLinkThatIsDownCarriesNothing() async throws {
    try await with { fixture, alice, _ in
      let (_, carriers) = try await fixture.run("ip -br link show eth0 | awk '{print $2}'")
      #expect(carriers.map(\.text) == ["UP"])
      try await alice.setLink(up: false)
      let (_, none) = try await fixture.run("ip -br link show eth0 | awk '{print $2}'")
      #expect(none.map(\.text) != ["UP"])
      try await alice.setLink(up: false)
      try await alice.setLink(up: true)
      let (_, lines) = try await fixture.exchangeDatagrams(10)
      #expect(lines.map(\.text) == ["10"])
    }
  }

  /// Who asked for a neighbour in vain while the link was down is not in the way of who connects afterwards.
  @Test func afterALinkWasDownBoardsReachEachOtherAtOnce() async throws {
    try await with { fixture, alice, _ in
      for milliseconds in [500, 2_300] {
        try await alice.setLink(up: false)
        let asking = "ip neigh flush dev eth0; echo x >/dev/udp/10.77.0.2/9; sleep"
        _ = try await fixture.run("bash -c '\(asking) \(Double(milliseconds) / 1000)'")
        try await alice.setLink(up: true)
        let (_, lines) = try await fixture.run(
          "bash -c 'exec 3<>/dev/tcp/10.77.0.2/9' 2>&1 | grep -o 'refused\\|No route'")
        #expect(lines.map(\.text).contains("refused"))
      }
    }
  }

  @Test func aCaptureHoldsEveryFrame() async throws {
    try await with { fixture, alice, _ in
      let file = "\(fixture.folder)/frames"
      let capture = try await alice.startCapture(to: file)
      await #expect { _ = try await alice.startCapture(to: file) } throws: {
        ($0 as? LabError)?.code == .notCaptured
      }
      _ = try await fixture.exchangeDatagrams(100)
      try await capture.stop()
      try await capture.stop()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
      // Each datagram begins with the address of bob and ports: …, 9.
      #expect(bytes.count > 100 * 42)
      #expect(
        [Data([0x0A, 0x0D, 0x0D, 0x0A]), Data([0xD4, 0xC3, 0xB2, 0xA1])].contains(bytes.prefix(4)))
      let frames = try Frames.count(
        in: bytes, holding: Data([10, 77, 0, 1, 10, 77, 0, 2]))
      #expect(frames == 100)
      #expect(try await eventually { fixture.programs.isEmpty })
    }
  }

  @Test func tcpdumpServesWhereDumpcapIsMissing() async throws {
    try #require(Tool(searchPath: Tool.standardSearchPath).path(of: "tcpdump") != nil)
    try await withTemporaryFolder { folder in
      let tools = try FakeTools(in: folder)
      let real = try #require(Tool(searchPath: Tool.standardSearchPath).path(of: "tcpdump"))
      let plan = LabFixture.plan(["alice"], in: folder)
      let lab = try await NamespaceBackend(searchPath: tools.path).create(plan)
      let board = try #require(lab.board("alice") as? NamespaceBoard)
      await #expect { _ = try await board.startCapture(to: "\(folder)/frames") } throws: {
        guard let error = $0 as? LabError else { return false }
        let package = geteuid() == 0 ? "tcpdump" : "wireshark-common"
        return error.code == .unavailable && error.hint == "sudo apt-get install \(package)"
      }
      try FileManager.default.createSymbolicLink(
        atPath: "\(tools.path)/tcpdump", withDestinationPath: real)
      // Without root it is refused, as above.
      guard geteuid() == 0 else { return try await NamespaceBackend().destroy(lab.record) }
      let capture = try await board.startCapture(to: "\(folder)/frames")
      try await capture.stop()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/frames"))
      #expect(bytes.prefix(4) == Data([0xD4, 0xC3, 0xB2, 0xA1]))
      try await NamespaceBackend().destroy(lab.record)
    }
  }

  @Test func aCaptureThatLostItsLabSaysSo() async throws {
    try await with { fixture, alice, _ in
      let capture = try await alice.startCapture(to: "\(fixture.folder)/frames")
      try await fixture.backend.destroy(fixture.lab.record)
      await #expect { try await capture.stop() } throws: {
        ($0 as? LabError)?.code == .notCaptured
      }
    }
  }

  @Test func lossLosesAndClearingEndsIt() async throws {
    try await with { fixture, alice, _ in
      try #require(try await alice.possibleImpairments().contains(.loss))
      // The boards know each other's hardware address then: where ARP's question is lost, what waits for the answer is
      // dropped, too.
      let (_, first) = try await fixture.exchangeDatagrams(1)
      #expect(first.map(\.text) == ["1"])
      try await alice.impair(LinkImpairment(loss: Percentage(partsPerMillion: 500_000)))
      let (_, some) = try await fixture.exchangeDatagrams(400)
      let count = try #require(some.first.flatMap { Int($0.text) })
      // Ten standard deviations to each side.
      #expect((100...300).contains(count))
      try await alice.impair(LinkImpairment(loss: Percentage(partsPerMillion: 1_000_000)))
      let (_, none) = try await fixture.exchangeDatagrams(5, timeout: 2)
      #expect(none.map(\.text) == ["0"])
      try await alice.clearImpairment()
      try await alice.clearImpairment()
      let (_, all) = try await fixture.exchangeDatagrams(100)
      #expect(all.map(\.text) == ["100"])
    }
  }

  @Test func rateIsLimited() async throws {
    try await with { fixture, alice, bob in
      try #require(try await alice.possibleImpairments().contains(.rate))
      try await alice.impair(LinkImpairment(rate: BitRate(bitsPerSecond: 8_000_000)))
      let receiver = try await fixture.script(
        """
        exec python3 -c '
        import socket, time
        s = socket.create_server(("10.77.0.2", 9)); open("listening", "w").close()
        c, _ = s.accept(); start = time.monotonic(); n = 0
        while d := c.recv(65536): n += len(d)
        print(n, time.monotonic() - start)'
        """, on: bob)
      let lines = Lines()
      async let end = bob.run(BoardCommand(program: receiver)) { lines.append($0) }
      let signal = "\(fixture.folder)/boards/bob/listening"
      #expect(try await eventually { FileManager.default.fileExists(atPath: signal) })
      _ = try await fixture.run(
        """
        exec python3 -c '
        import socket
        s = socket.create_connection(("10.77.0.2", 9)); s.sendall(bytes(1000000))'
        """)
      #expect(try await end == .exited(0))
      let words = try #require(lines.all.first).text.split(separator: " ")
      #expect(words[0] == "1000000")
      // A megabyte at a megabyte a second, less the burst; without the limit it is milliseconds.
      #expect(try #require(Double(words[1])) > 0.8)
    }
  }

  @Test func whatTheKernelLacksIsNamed() async throws {
    try await with { _, alice, _ in
      let possible = try await alice.possibleImpairments()
      let value = LinkImpairment(delay: .milliseconds(10))
      if possible.contains(.delay) {
        try await alice.impair(value)
        try await alice.clearImpairment()
      } else {
        await #expect { try await alice.impair(value) } throws: {
          guard let error = $0 as? LabError else { return false }
          return error.code == .unsupported && error.message.contains("the kernel has no sch_netem")
        }
      }
    }
  }

  @Test(arguments: [
    LinkImpairment(rate: BitRate(bitsPerSecond: 7_999)),
    LinkImpairment(jitter: .nanoseconds(1)),
    LinkImpairment(reorder: Percentage(partsPerMillion: 100_000)),
    LinkImpairment(delay: .zero, reorder: Percentage(partsPerMillion: 100_000)),
    LinkImpairment(delay: .seconds(60) + .nanoseconds(1)),
  ])
  func badValuesAreRefused(_ value: LinkImpairment) async throws {
    #expect(value.problem != nil)
    try await with { _, alice, _ in
      await #expect { try await alice.impair(value) } throws: {
        ($0 as? LabError)?.code == .notImpaired
      }
    }
  }

  @Test func netemIsToldEverythingAtOnce() {
    let value = LinkImpairment(
      rate: BitRate(bitsPerSecond: 1_000_000), delay: .milliseconds(20), jitter: .milliseconds(5),
      loss: Percentage(partsPerMillion: 250_000), duplicate: Percentage(partsPerMillion: 10_000),
      corrupt: Percentage(partsPerMillion: 500_000),
      reorder: Percentage(partsPerMillion: 1_000_000))
    #expect(value.problem == nil)
    #expect(value.kinds == Set(LinkImpairment.Kind.allCases))
    #expect(
      value.netem.joined(separator: " ")
        == "rate 1000000bit delay 20000us 5000us loss 25.0% duplicate 1.0% corrupt 50.0% reorder 100.0%"
    )
  }

  /// What the plan wants of the links is there when the lab is.
  @Test func linksAreMadeAsThePlanWants() async throws {
    let impairment = LinkImpairment(rate: BitRate(bitsPerSecond: 8_000_000))
    try await LabFixture.with(
      NamespaceBackend(), boards: ["alice", "bob"], impairment: impairment
    ) { fixture in
      for board in ["alice", "bob"] {
        let found = try await fixture.texts("tc qdisc show dev eth0", on: board)
        #expect(found.contains { $0.contains("rate 8Mbit") }, "\(found)")
      }
    }
  }
}
