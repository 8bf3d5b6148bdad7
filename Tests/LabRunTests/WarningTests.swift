import LabManifest
import LabResults
import Testing

@testable import LabRun

/// What the programs flag, as every form of the report tells it.
struct WarningTests {
  private func sentences(_ sender: [String], _ receiver: [String]) throws -> [String] {
    var results = [
      try #require(ProgramEnd.done(.sender).result),
      try #require(ProgramEnd.done(.receiver).result),
    ]
    results[0].insecure = sender
    results[1].insecure = receiver
    return Warnings.sentences(for: results)
  }

  @Test func groupsWhoseValuesCannotBeChecked() throws {
    let flags = ["unchecked-subgroup", "breakable-generator"]
    let told = try sentences(flags, flags)
    #expect(told.count == 2)
    #expect(told[0].contains("public values cannot be checked"))
    #expect(told[0].contains("A fixed one is learned for all exchanges that use it"))
    #expect(told[1].contains("anyone who watched can compute the private exponents"))
  }

  /// Each flag that a program knows has a sentence of its own, and one that is new is told of all the same.
  @Test func everyFlagIsTold() throws {
    let known = [
      "textbook-group", "unchecked-subgroup", "breakable-generator", "fixed-private-exponent",
      "no-authentication",
    ]
    let told = try sentences(known, [])
    #expect(Set(told).count == known.count)
    #expect(!told.contains { $0.contains("flagged this exchange as insecure") })
    #expect(
      try sentences([], ["new-flag"])
        == ["Board 'bob' flagged this exchange as insecure: new-flag."])
    #expect(try sentences([], []) == [])
  }
}
