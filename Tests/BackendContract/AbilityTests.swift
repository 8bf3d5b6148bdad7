import LabCore
import LabTestSupport
import Testing

/// What a backend says that its boards can do, and what they can.
struct AbilityTests {
  @Test(arguments: Backend.allCases) func theyAreWhatIsSaid(_ backend: Backend) async throws {
    let abilities = backend.value.abilities
    try await LabFixture.with(backend) { fixture in
      let board = fixture.board
      #expect((board.find(.linkControl) != nil) == abilities.contains(.linkControl))
      #expect((board.find(.impairing) != nil) == abilities.contains(.impairment))
      #expect((board.find(.capturing) != nil) == abilities.contains(.capture))
      #expect((board.find(.power) != nil) == abilities.contains(.power))
      #expect((board.find(.console) != nil) == abilities.contains(.console))
      #expect((fixture.lab.find(.snapshots) != nil) == abilities.contains(.snapshots))
    }
  }

  @Test(arguments: Backend.allCases) func whatIsMissingIsRefused(_ backend: Backend) async throws {
    let mode = backend.value.mode
    try await LabFixture.with(backend) { fixture in
      let error = #expect(throws: LabError.self) {
        _ = try fixture.board.require(.power, of: mode, to: "restart a board", step: "reboot")
      }
      #expect(error?.code == .unsupported)
      #expect(error?.message == "mode '\(mode.rawValue)' cannot restart a board")
      #expect(error?.board == "alice")
    }
    #expect(throws: LabError.self) { try backend.value.require(.console, step: "console") }
  }
}
