import Foundation
import LabCore
import LabTestSupport
import LocalBoards
import Loopback
import Testing

/// Boards that share this machine's network find one another, too.
struct LoopbackNameTests {
  private func look(_ fixture: LabFixture, _ script: String) async throws -> String {
    let status = try await fixture.board.exec(
      ExecCommand(program: "sh", arguments: ["-c", "{ \(script); } >found 2>&1"]))
    #expect(status == .exited(0))
    return try String(contentsOfFile: "\(fixture.folder)/boards/alice/found", encoding: .utf8)
  }

  @Test(.enabled(if: !Privilege.needsUserNamespace)) func boardsAreFoundByName() async throws {
    let before = try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
    try await LabFixture.with(LoopbackBackend(), boards: ["alice", "bob-2"]) { fixture in
      for (name, address) in [("alice", "127.77.0.1"), ("bob-2", "127.77.0.2")] {
        let found = try await look(fixture, "getent ahostsv4 \(name)")
        #expect(found.split(separator: " ").first == Substring(address))
      }
      #expect(try await look(fixture, "getent hosts localhost").contains("localhost"))
      #expect(try String(contentsOfFile: "/etc/hosts", encoding: .utf8) == before)
    }
  }

  @Test func theAddressesAreVariablesToo() async throws {
    try await LabFixture.with(LoopbackBackend(), boards: ["alice", "bob-2"]) { fixture in
      let found = try await look(fixture, "echo $PILAB_ADDRESS_ALICE $PILAB_ADDRESS_BOB_2")
      #expect(found == "127.77.0.1 127.77.0.2\n")
    }
  }
}
