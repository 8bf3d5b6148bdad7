import Foundation
import LabCore
import LabTestSupport
import LabValues
import Testing

@testable import Loopback

struct LoopbackAddressTests {
  @Test func loopbackAddressKeepsTheLower24Bits() async throws {
    try await LabFixture.with(LoopbackBackend()) { #expect($0.board.address == "127.77.0.1") }
  }

  @Test func loopbackRefusesBoardsThatWouldShareAnAddress() {
    let boards = [0x0A00_0001, 0x0B00_0001].enumerated().map { index, value in
      LabPlan.BoardPlan(name: "board\(index)", address: IPv4Address(value: UInt32(value)))
    }
    let plan = LabPlan(
      lab: "test", subnet: IPv4Subnet(containing: IPv4Address(value: 0), prefixLength: 0),
      boards: boards, folder: NSTemporaryDirectory())
    #expect { _ = try LoopbackBackend().record(for: plan) } throws: { error in
      guard let error = error as? LabError else { return false }
      return error.code == .boardNotCreated && error.message.contains("127.0.0.1")
    }
  }
}
