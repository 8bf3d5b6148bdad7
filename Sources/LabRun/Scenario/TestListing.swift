import LabCore
import LabManifest
import LabValues

/// The cells that scenarios would be tried as, in their order; what `pilab test --list` prints.
public struct TestListing: Encodable, Sendable, Equatable {
  /// One of them.
  public struct Listed: Encodable, Sendable, Equatable {
    public var scenario: String
    /// From 1, within the scenario.
    public var number: Int
    public var exchange: String?
    /// Nil where it is the run's.
    public var mode: String?
    /// What is to go wrong, in words. Random places are drawn where the seed is known.
    public var faults: [String]
    /// Of everything random; nil where each run draws another.
    public var seed: UInt64?

    /// As people read it.
    public var words: String {
      let matrix = [exchange.map { "exchange=\($0)" }, mode.map { "mode=\($0)" }]
        .compactMap(\.self).joined(separator: ",")
      return
        (["\(scenario) \(number)"] + (matrix.isEmpty ? [] : ["[\(matrix)]"])
        + (faults.isEmpty ? [] : [faults.joined(separator: "; ")])).joined(separator: "  ")
    }
  }

  public var cells: [Listed]

  /// - Parameter mode: the user's own; then cells of other modes are left out.
  /// - Throws: `no_scenarios`, `no_such_scenario`, `no_such_cell`.
  public init(
    _ request: TestRequest, of manifest: LabManifest, mode: LabMode?
  ) throws(LabError) {
    cells = try TestPlan(request, manifest, mode: mode).cells.map { cell in
      let seed = request.seed ?? cell.scenario.seed
      return Listed(
        scenario: cell.scenario.name, number: cell.number, exchange: cell.exchange?.name,
        mode: cell.mode?.rawValue,
        faults: cell.isRandom && seed == nil
          ? cell.undrawn : cell.placed(seed: cell.seed, manifest).joined().map(\.words),
        seed: seed)
    }
  }
}

extension Cell {
  /// Its faults in words, while nobody knows the random places.
  fileprivate var undrawn: [String] {
    var multiplied = multiplied[...]
    return scenario.steps.flatMap(\.exchanges).flatMap(\.faults).flatMap { fault -> [String] in
      switch fault.at {
      case .one(let place): fault.actions.map { PlacedFault(place: place, action: $0).words }
      case .everyFrame: multiplied.popFirst().map { [$0.words] } ?? []
      case .random(let count):
        [
          "\(fault.actions.map(\.words).joined(separator: " or ")) at \(count) random "
            + (count == 1 ? "place" : "places")
        ]
      }
    }
  }
}
