import Testing

@testable import LabManifest

/// Names of boards that the resolver takes for something else.
struct BoardNameTests {
  @Test(arguments: [
    ("localhost", true), ("ip6-loopback", true), ("7", true), ("0x7f", true), ("board-7", false),
    ("7a", false), ("alice", false),
  ])
  func resolversOwnNamesAreWarnedOf(_ name: String, _ isOdd: Bool) throws {
    let text = Samples.manifest(
      boards: "alice: {}\nbob: {}\n\"\(name == "alice" ? "carol" : name)\": {}")
    let warnings = try Samples.grammar.parse(text, path: Samples.path).warnings
    #expect(
      warnings.map(\.message).contains { $0.contains("'\(name)' means something else") } == isOdd)
  }
}
