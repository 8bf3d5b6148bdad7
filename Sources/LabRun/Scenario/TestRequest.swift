import LabCore
import LabManifest
import LabValues

/// Which scenarios of a manifest are to be tried, and how.
public struct TestRequest: Sendable, Equatable {
  /// Names; empty tries all.
  public var scenarios: [String] = []
  /// Of the one scenario, from 1; nil tries all.
  public var cell: Int?
  /// Of everything random, instead of the scenarios' own; nil takes theirs, or draws one.
  public var seed: UInt64?
  /// Cells whose number in the whole leaves this rest: from 1 to `shards`.
  public var shard = 1
  public var shards = 1
  public var allowsFlaky = false
  /// Folder of the board programs where the user names one: commands that try a cell again name it too.
  public var programs: String?
  /// The same where the environment names it: reports tell whose programs they were.
  public var programsNamed: String?
  /// A mode that the manifest asks for must be there.
  public var isStrict = false
  /// The lab stays as it is at the first failure, and nothing more is tried.
  public var keepsOnFailure = false
  /// Called at a failure, with the lab as it is then.
  public var pause: (@Sendable (PausedCell) async -> Void)?

  public init() {}

  public static func == (a: Self, b: Self) -> Bool {
    a.scenarios == b.scenarios && a.cell == b.cell && a.seed == b.seed && a.shard == b.shard
      && a.shards == b.shards
  }

  /// The manifest's scenarios that are asked for.
  /// - Throws: `no_such_scenario`, `no_scenarios`.
  func select(from all: [Scenario]) throws(LabError) -> [Scenario] {
    guard !all.isEmpty else {
      throw LabError(
        .noScenarios, "the manifest has no scenarios", step: "prepare",
        hint: "docs/scenarios.md shows a first one of five lines")
    }
    for name in scenarios where !all.contains(where: { $0.name == name }) {
      throw LabError(
        .noSuchScenario, "the manifest has no scenario '\(name)'", step: "prepare",
        hint: Suggestion.hint(for: name, among: all.map(\.name), listing: "its scenarios are"))
    }
    return scenarios.isEmpty ? all : all.filter { scenarios.contains($0.name) }
  }
}

/// A failure at which the user wants to look at the lab.
public struct PausedCell: Sendable {
  public var scenario: String
  public var cell: Int
  public var lab: String
  public var boards: [String]
  public var reasons: [String]
}

extension LabError.Code {
  static let noScenarios = Self("no_scenarios", .usage)
  static let noSuchScenario = Self("no_such_scenario", .usage)
  static let noSuchCell = Self("no_such_cell", .usage)
  /// What sits between the boards did not do as it was told.
  static let attackerFailed = Self("attacker_failed")
  static let notHealed = Self("not_healed")
}
