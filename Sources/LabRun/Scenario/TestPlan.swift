import LabCore
import LabManifest
import LabResults
import LabValues
import PiExchange

/// One cell: a scenario with one exchange, one mode and one fault of those that it multiplies by.
struct Cell: Sendable {
  /// From 1, within the scenario.
  var number: Int
  var scenario: Scenario
  var exchange: Exchange?
  /// Nil takes the run's.
  var mode: LabMode?
  /// The faults of its steps at `every frame`, in the order of the steps' faults.
  var multiplied: [PlacedFault]
  var seed: UInt64

  /// Names it among all.
  var id: String { "\(scenario.name) \(number)" }
}

/// The cells of the scenarios that are asked for, in the order of the manifest.
struct TestPlan: Sendable {
  let seed: UInt64
  let cells: [Cell]
  /// Nil where that is nothing.
  let leftOut: LeftOut?

  /// - Parameter mode: the user's own; then cells of other modes are left out.
  init(
    _ request: TestRequest, _ manifest: LabManifest, mode: LabMode?
  ) throws(LabError) {
    let scenarios = try request.select(from: manifest.scenarios)
    let seed = request.seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
    var cells: [Cell] = []
    var position = 0
    for scenario in scenarios {
      let all = Self.cells(of: scenario, manifest, seed: request.seed ?? scenario.seed ?? seed)
      if let number = request.cell, !(1...max(1, all.count)).contains(number) {
        throw LabError(
          .noSuchCell, "scenario '\(scenario.name)' has no cell \(number)", step: "prepare",
          hint: "its cells are 1 to \(all.count)")
      }
      for cell in all where request.cell == nil || request.cell == cell.number {
        guard mode == nil || cell.mode == nil || cell.mode == mode else { continue }
        position += 1
        if (position - 1) % request.shards == request.shard - 1 { cells.append(cell) }
      }
    }
    self.seed = seed
    self.cells = cells
    leftOut = Self.leftOut(cells, of: manifest)
  }

  private static func leftOut(_ cells: [Cell], of manifest: LabManifest) -> LeftOut? {
    let all = manifest.scenarios.reduce(0) { $0 + Self.cells(of: $1, manifest, seed: 0).count }
    guard cells.count < all else { return nil }
    let asked = Set(cells.map(\.scenario.name))
    return LeftOut(
      cells: all - cells.count, of: all,
      scenarios: manifest.scenarios.map(\.name).filter { !asked.contains($0) })
  }

  static func cells(of scenario: Scenario, _ manifest: LabManifest, seed: UInt64) -> [Cell] {
    var cells: [Cell] = []
    for combination in scenario.combinations(modes: scenario.matrix.modes) {
      let exchange = combination.exchange.flatMap(manifest.exchange(named:))
      for multiplied in multiplied(scenario, exchange, manifest) {
        cells.append(
          Cell(
            number: cells.count + 1, scenario: scenario, exchange: exchange,
            mode: combination.mode, multiplied: multiplied, seed: seed))
      }
    }
    return cells
  }

  /// Each combination of the places that the scenario's faults multiply by; one without any.
  private static func multiplied(
    _ scenario: Scenario, _ exchange: Exchange?, _ manifest: LabManifest
  ) -> [[PlacedFault]] {
    var product: [[PlacedFault]] = [[]]
    for step in scenario.steps.flatMap(\.exchanges) {
      let profile =
        (step.exchange.flatMap(manifest.exchange(named:)) ?? exchange)?.profile ?? .classic
      for fault in step.faults where fault.at == .everyFrame {
        let places = FaultPlacing.everyFrame(profile, fault.actions)
        product = product.flatMap { earlier in places.map { earlier + [$0] } }
      }
    }
    return product
  }

  /// Those that the cells name, in their order.
  var modes: [LabMode] {
    cells.compactMap(\.mode).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  var exchangeNames: Set<String> {
    Set(
      cells.compactMap { $0.exchange?.name }
        + cells.flatMap { $0.scenario.steps.flatMap(\.exchanges).compactMap(\.exchange) })
  }

  /// As a command tries the cell again.
  /// - Parameter programs: the folder of the board programs, where the user named it.
  static func replay(
    _ cell: Cell, manifest: String?, mode: LabMode, programs: String?
  ) -> String {
    var words = ["pilab", "test"] + [manifest].compactMap(\.self).map(ShellWord.asNeeded)
    words += ["--scenario", cell.scenario.name, "--cell", "\(cell.number)"]
    if cell.mode == nil, mode != .auto { words += ["--mode", mode.rawValue] }
    if let programs { words += ["--board-programs", ShellWord.asNeeded(programs)] }
    return (words + ["--seed", "\(cell.seed)"]).joined(separator: " ")
  }
}

extension ScenarioStep {
  /// It, or those that it does at once.
  fileprivate var parts: [ScenarioStep] {
    if case .parallel(let steps) = action { steps } else { [self] }
  }

  /// Those that it does, itself or at once.
  var exchanges: [ExchangeStep] {
    switch action {
    case .exchange(let step): [step]
    case .parallel(let steps): steps.flatMap(\.exchanges)
    default: []
    }
  }
}

extension Scenario {
  /// The failure that is known of such cells; nil where none is.
  func knownFailure(of exchange: String?, in mode: LabMode) -> KnownFailure? {
    knownFailure.flatMap { $0.cells.fits(exchange: exchange, mode: mode) ? $0 : nil }
  }

  /// Those at once one by one.
  private var allSteps: [ScenarioStep] { steps.flatMap(\.parts) }

  /// What is to be done to links, by board.
  var impairments: [(board: String, kinds: Set<LinkImpairment.Kind>)] {
    allSteps.compactMap { step in
      if case .impair(let board, let impairment) = step.action {
        (board, Set(impairment.kinds))
      } else {
        nil
      }
    }
  }

  /// Why labs with these abilities cannot try it; nil where they can.
  func refusal(of abilities: Set<Ability>, in mode: LabMode) -> String? {
    guard let lacking = needs.first(where: { !abilities.contains($0) }) else { return nil }
    let setsClock = allSteps.contains { if case .clock = $0.action { true } else { false } }
    let deed = lacking == .ownKernel && setsClock ? "set the clock of one board" : nil
    return lacking.refusal(of: mode, to: deed, step: "test").message
  }

  /// A step, or those that it does at once.
  func allSteps(number: Int) -> [ScenarioStep] {
    steps.indices.contains(number - 1) ? steps[number - 1].parts : []
  }

  /// Boards whose power a step or a fault takes.
  var switchedOff: Set<String> {
    let ofSteps = allSteps.compactMap { step in
      switch step.action {
      case .kill(let board), .reboot(let board): board
      default: String?.none
      }
    }
    let actions = allSteps.flatMap(\.exchanges).flatMap(\.faults).flatMap(\.actions)
    let ofFaults = actions.compactMap { action in
      switch action {
      case .kill(let board), .reboot(let board): board
      default: String?.none
      }
    }
    return Set(ofSteps + ofFaults)
  }

  /// What boards must be able to do.
  var needs: [Ability] {
    let steps = allSteps
    var abilities = steps.compactMap(\.need)
    abilities += steps.flatMap(\.exchanges).flatMap(\.faults).flatMap(\.actions).compactMap(\.need)
    let claims = steps.contains { step in
      if case .exchange(let expected) = step.expect { !expected.claims.isEmpty } else { false }
    }
    if !always.isEmpty || claims { abilities.append(.capture) }
    return abilities
  }
}

extension ScenarioStep {
  fileprivate var need: Ability? {
    switch action {
    case .impair: .impairment
    case .link: .linkControl
    case .kill, .reboot: .power
    case .snapshot, .restore: .snapshots
    case .capture: .capture
    case .clock: .ownKernel
    default: nil
    }
  }
}

extension FaultAction {
  fileprivate var need: Ability? {
    switch self {
    case .kill, .reboot: .power
    case .link: .linkControl
    case .snapshot: .snapshots
    default: nil
    }
  }
}
