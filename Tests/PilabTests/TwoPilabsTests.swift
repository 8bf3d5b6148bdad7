import Foundation
import Testing

/// Two pilabs on one lab.
struct TwoPilabsTests {
  @Test func secondPilabIsToldWhoWorksOnTheLab() async throws {
    try await PilabFixture.with { fixture in
      try fixture.write(Data(count: 16 << 20), to: "image.bin")
      try fixture.writeManifest("rate: 1Mbit")
      #expect(try await fixture.pilab("up", "--mode", "loopback").status == 0)
      let running = try fixture.start(["run"])
      #expect(try await fixture.transferIsUnderWay(running))
      for command in ["up", "down", "run"] {
        let second = try await fixture.pilab(command)
        #expect(second.status == 75, "\(command)")
        #expect(second.errors.contains("process \(running.identifier)"))
      }
      // Looking is allowed.
      #expect(try await fixture.pilab("exec", "bob", "--", "true").status == 0)
      let status = try await fixture.pilab("status").output
      #expect(status.contains("in use by process \(running.identifier)"))
      running.send(SIGTERM)
      #expect(try await running.end().status == 143)
      // As it was found: up.
      #expect(try await fixture.pilab("status").status == 0)
      #expect(try await fixture.pilab("down").status == 0)
      #expect(!fixture.exists(".pilab"))
    }
  }
}
