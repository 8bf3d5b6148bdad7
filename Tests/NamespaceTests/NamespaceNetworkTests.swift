import Foundation
import HostKit
import LabTestSupport
import LabValues
import TestSupport
import Testing

@testable import LabCore
@testable import Namespace

/// What boards see of their network, and what the machine sees of it.
struct NamespaceNetworkTests {
  @Test func aBoardHasItsAddressAndNothingElse() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      let (_, lines) = try await fixture.run(
        """
        ip -o -4 addr show | awk '{print $2, $4}'
        ip -o -6 addr show dev eth0
        ip route
        cat /sys/class/net/lo/mtu >/dev/null
        ip -o link show eth0 | grep -o 'mtu 1500'
        """, on: "bob")
      #expect(
        lines.map { $0.text.trimmingCharacters(in: .whitespaces) } == [
          "lo 127.0.0.1/8", "eth0 10.77.0.2/24",
          "10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.2", "mtu 1500",
        ])
    }
  }

  @Test func boardsReachEachOtherAtOnce() async throws {
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      let (status, lines) = try await fixture.exchangeDatagrams(10)
      #expect(status == .exited(0))
      #expect(lines.map(\.text) == ["10"])
    }
  }

  @Test func thisMachineSeesNothingOfTheLab() async throws {
    let before = Machine.now()
    try await LabFixture.with(NamespaceBackend(), boards: ["alice", "bob"]) { fixture in
      #expect(Machine.now() == before)
      try await fixture.backend.destroy(fixture.lab.record)
      #expect(Machine.now() == before)
    }
  }

  /// The machine is not on the lab's network, so the lab may use the machine's own addresses.
  @Test func aSubnetThatTheMachineUsesIsHarmless() async throws {
    try await withTemporaryFolder { folder in
      let plan = LabPlan(
        lab: "test", subnet: try IPv4Subnet("127.0.0.0/8"),
        boards: [
          .init(name: "alice", address: try IPv4Address("127.1.2.3")),
          .init(name: "bob", address: try IPv4Address("127.1.2.4")),
        ], folder: folder)
      let before = Machine.now()
      let lab = try await NamespaceBackend().create(plan)
      #expect(Machine.now() == before)
      try await NamespaceBackend().destroy(lab.record)
    }
  }

  @Test func namesOfAnyLengthWork() async throws {
    let names = [String(repeating: "a", count: 63), String(repeating: "a", count: 62) + "b"]
    try await LabFixture.with(NamespaceBackend(), boards: names) { fixture in
      let (_, lines) = try await fixture.run(
        "ip -o -4 addr show eth0 | awk '{print $4}'", on: names[1])
      #expect(lines.map(\.text) == ["10.77.0.2/24"])
    }
  }

  @Test func aSubnetFullOfBoardsWorks() async throws {
    let names = (1...250).map { "board\($0)" }
    try await LabFixture.with(NamespaceBackend(), boards: names) { fixture in
      let (status, lines) = try await fixture.exchangeDatagrams(3, from: "board1", to: "board250")
      #expect(status == .exited(0))
      #expect(lines.map(\.text) == ["3"])
      #expect(await fixture.backend.status(fixture.lab.record).allSatisfy { $0.state == .running })
    }
  }

  @Test func programsOfABoardSeeOnlyThoseOfTheLab() async throws {
    try await LabFixture.with(NamespaceBackend()) { fixture in
      let (_, lines) = try await fixture.run("ls /proc | grep -c '^[0-9]'")
      let count = try #require(lines.first.flatMap { Int($0.text) })
      #expect(count < 10)
    }
  }
}

struct NamespacePlanTests {
  private func refusal(of boards: [String], in subnet: String) throws -> LabError? {
    let plan = LabPlan(
      lab: "test", subnet: try IPv4Subnet(subnet),
      boards: try boards.enumerated().map {
        .init(name: "board\($0.offset)", address: try IPv4Address($0.element))
      }, folder: "/nonexistent")
    do {
      _ = try NamespaceBackend().record(for: plan)
      return nil
    } catch { return error }
  }

  @Test func goodPlansAreTaken() throws {
    #expect(try refusal(of: ["10.0.0.1", "10.0.0.2"], in: "10.0.0.0/30") == nil)
  }

  @Test(arguments: [
    (["10.0.0.1", "10.0.0.2", "10.0.0.3"], "10.0.0.0/30", "room for 2"),
    (["10.0.0.1", "10.0.0.1"], "10.0.0.0/24", "'board0' has the address 10.0.0.1 too"),
    (["10.0.0.1", "10.0.1.1"], "10.0.0.0/24", "cannot have 10.0.1.1"),
    (["10.0.0.0"], "10.0.0.0/24", "cannot have 10.0.0.0"),
    (["10.0.0.255"], "10.0.0.0/24", "cannot have 10.0.0.255"),
  ])
  func badPlansAreRefused(_ boards: [String], _ subnet: String, _ words: String) throws {
    let error = try #require(try refusal(of: boards, in: subnet))
    #expect(error.code == .boardNotCreated)
    #expect(error.message.contains(words))
  }

  @Test func aBridgeHasNoRoomForMoreThanItsPorts() throws {
    let boards = (0..<1001).map { "10.0.\($0 / 200).\($0 % 200 + 1)" }
    #expect(try refusal(of: boards, in: "10.0.0.0/16")?.message.contains("room for 1000") == true)
  }
}

/// What a lab could change of this machine's network and mounts.
struct Machine: Equatable {
  var interfaces: String
  var routes: String
  var mounts: [Substring]
  var networks: [String]

  static func now() -> Machine {
    func text(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    // Counters change by themselves.
    let interfaces = text("/proc/self/net/dev").split(separator: "\n")
      .map { $0.prefix(while: { $0 != ":" }) }.joined(separator: " ")
    return Machine(
      interfaces: interfaces, routes: text("/proc/self/net/route"),
      mounts: text("/proc/self/mountinfo").split(separator: "\n"),
      networks: (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? [])
  }
}

extension LabFixture {
  /// Sends numbered datagrams from one board to another, which prints how many came in time.
  func exchangeDatagrams(
    _ count: Int, from sender: String = "alice", to receiver: String = "bob",
    timeout: Double = 60, whenReady: @escaping @Sendable () async throws -> Void = {}
  ) async throws -> (status: CommandStatus, lines: [OutputLine]) {
    let target = try lab.board(receiver)
    let program = try await script(
      """
      exec python3 -c '
      import socket
      s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("\(target.address)", 9)); s.settimeout(\(timeout))
      open("listening", "w").close()
      seen = set()
      try:
        while len(seen) < \(count): seen.add(s.recv(64)); s.settimeout(2)
      except TimeoutError: pass
      print(len(seen))'
      """, named: "receive", on: target)
    let lines = Lines()
    async let end = target.run(BoardCommand(program: program)) { lines.append($0) }
    let signal = "\(folder)/boards/\(receiver)/listening"
    #expect(try await eventually { FileManager.default.fileExists(atPath: signal) })
    try await whenReady()
    let (sent, errors) = try await run(
      """
      exec python3 -c '
      import socket, time
      s = socket.socket(type=socket.SOCK_DGRAM); s.connect(("\(target.address)", 9))
      for i in range(\(count)):
        s.send(b"%d" % i); time.sleep(0.001)'
      """, on: sender)
    #expect(sent == .exited(0), "\(errors)")
    let status = try await end
    try FileManager.default.removeItem(atPath: signal)
    return (status, lines.all)
  }
}
