import LabCore
import LabValues
import Synchronization
import Testing

@testable import VMKit

/// The boards' places on the lab's network, before there is a board.
struct LinkTests {
  private static func plan(_ names: [String]) -> LabPlan {
    let boards = names.enumerated().map { index, name in
      LabPlan.BoardPlan(name: name, address: IPv4Address(value: 0x0A4D_0001 + UInt32(index)))
    }
    return LabPlan(
      lab: "links",
      subnet: IPv4Subnet(containing: IPv4Address(value: 0x0A4D_0000), prefixLength: 24),
      boards: boards, folder: "/nowhere")
  }

  @Test func eachBoardHasAPlaceOfItsOwn() {
    var plan = Self.plan(["alice", "bob"])
    plan.impairment = LinkImpairment(delay: .milliseconds(20))
    let links = plan.links(
      all: .network("n"), mac: { MACAddress(.qemu, lab: "0123456789abcdef", .lab, $0) })
    #expect(links.map(\.board) == ["alice", "bob"])
    #expect(links.map(\.number) == [1, 2])
    #expect(links.map { "\($0.address)" } == ["10.77.0.1", "10.77.0.2"])
    #expect(
      links.compactMap(\.mac).map(\.description) == ["52:54:00:6f:00:01", "52:54:00:6f:00:02"])
    #expect(links.allSatisfy { $0.carrier == .network("n") })
    #expect(links.allSatisfy { $0.impairment == plan.impairment })
  }

  @Test func addressesMayBeMapped() {
    let links = Self.plan(["alice"]).links(
      all: .thisMachine, address: { IPv4Address(value: $0.value + 1) })
    #expect(links.map { "\($0.address)" } == ["10.77.0.2"])
    #expect(links.allSatisfy { $0.mac == nil && $0.impairment == nil })
  }

  @Test func twoBoardsAreAPairAndMoreMeetAtAHub() throws {
    let last = Mutex<UInt16>(0)
    let ports: LocalPort.Choice = { kind in
      #expect(kind == .udp)
      return last.withLock { port in
        port += 1
        return port
      }
    }
    #expect(
      try UDPCarriers.make(boards: 2, ports: ports)
        == [.pair(local: 1, remote: 2), .pair(local: 2, remote: 1)])
    #expect(
      try UDPCarriers.make(boards: 3, ports: ports) == [
        .hub(local: 3, remote: 4), .hub(local: 5, remote: 6), .hub(local: 7, remote: 8),
      ])
  }
}
