import LabValues

/// Reads the steps of one scenario, in their order: what a step names must come before it.
struct StepReader {
  /// The word for the exchange of the cell.
  static let each = "each"

  let names: ScenarioReader.Names
  let matrix: Scenario.Matrix
  /// The scenario's own `attacker:`.
  private let attacker: Value?
  var diagnostics: Diagnostics
  /// Steps that have a name, so far.
  private var named: [String: StepAction] = [:]
  var snapshots: Set<String> = []

  init(
    _ names: ScenarioReader.Names, matrix: Scenario.Matrix, attacker: Value?,
    _ diagnostics: Diagnostics
  ) {
    self.names = names
    self.matrix = matrix
    self.attacker = attacker
    self.diagnostics = diagnostics
  }

  /// Nil where it is wrong.
  mutating func step(_ value: Value) -> ScenarioStep? {
    guard !value.isInvalid else { return nil }
    let keys = ["name", "within", "expect", "attacker", "attack", "faults"]
    let actions = value.fields.filter { !keys.contains($0.key) }
    guard actions.count == 1, let action = actions.first else {
      let found = actions.map(\.key).joined(separator: ", ")
      diagnostics.report(
        value.place,
        actions.isEmpty ? "the step has no action" : "the step has several actions: \(found)",
        hint: "a step is one action: exec, copy, service, stop, exchange, impair, link, kill, "
          + "reboot, snapshot, restore, capture, clock, parallel, wait or heal")
      return nil
    }
    if action.key == "exchange" { return exchangeStep(value, line: value.place.line) }
    for key in value.fields where ["attacker", "attack", "faults"].contains(key.key) {
      diagnostics.report(key.keyPlace, "'\(key.key)' is for exchanges", hint: nil)
    }
    guard let read = self.action(action) else { return nil }
    // A service's stands with the service, too.
    let within = value["within"] ?? action.value["within"]
    var step = ScenarioStep(
      read, name: value["name"]?.text, within: duration(within), line: value.place.line)
    step.expect = expectation(value["expect"], of: read)
    note(step, value)
    return step
  }

  /// An exchange: a step's map, or a scenario's own.
  mutating func exchangeStep(_ value: Value, line: Int) -> ScenarioStep {
    var exchange = ExchangeStep(exchange: exchangeName(value["exchange"], owner: value.place))
    let exchanges = self.exchanges(of: exchange)
    var faults = FaultReader(self, exchanges)
    exchange.faults = faults.read(value["faults"])
    exchange.attack = faults.attack(value["attack"])
    diagnostics = faults.diagnostics
    snapshots.formUnion(exchange.faults.flatMap(\.snapshots))
    if exchange.attack != nil, let faults = value["faults"] {
      diagnostics.report(
        faults.place, "'faults' cannot be used with 'attack'",
        hint: "an attack takes the place of relaying what the sides say")
    }
    exchange.attacker = attackerBoard(value, exchange)
    var step = ScenarioStep(
      .exchange(exchange), name: value["steps"] == nil ? value["name"]?.text : nil,
      within: duration(value["within"]), line: line)
    step.expect = value["expect"].map { .exchange(exchangeExpectation($0, for: exchanges)) }
    note(step, value)
    return step
  }

  /// The exchanges that the step may be, as far as they are there.
  func exchanges(of step: ExchangeStep) -> [Exchange] {
    let wanted = step.exchange.map { [$0] } ?? matrix.exchanges
    return names.exchanges.filter { wanted.contains($0.name) }
  }

  /// Nil for the cell's.
  private mutating func exchangeName(_ value: Value?, owner: Place) -> String? {
    guard let value, let name = value.text, name != Self.each else {
      if value?.isInvalid != true, matrix.exchanges.isEmpty {
        diagnostics.report(
          value?.place ?? owner, "the step does not say which exchange",
          hint: "write 'exchange: NAME', or give 'matrix: { exchange: [ … ] }'")
      }
      return nil
    }
    let known = names.exchanges.map(\.name)
    if !known.contains(name) {
      diagnostics.report(
        value.place, "there is no exchange '\(name)'",
        hint: Suggestion.hint(for: name, among: known + [Self.each], listing: "exchanges"))
    }
    return name
  }

  /// The board between, where the step needs one or names one.
  private mutating func attackerBoard(_ value: Value, _ step: ExchangeStep) -> String? {
    let named = value["attacker"] ?? attacker
    guard let named else {
      guard !step.faults.isEmpty || step.attack != nil else { return nil }
      if let only = names.attackers.first { return only }
      diagnostics.report(
        (value["faults"] ?? value["attack"])?.place ?? value.place,
        "faults and attacks need a board between the others",
        hint: "add one to 'boards': mallory: { role: attacker }")
      return nil
    }
    guard let name = named.text, board(named) != nil else { return nil }
    guard names.attackers.contains(name) else {
      diagnostics.report(
        named.place, "board '\(name)' is not an attacker",
        hint: "write 'boards: { \(name): { role: attacker } }'")
      return nil
    }
    for exchange in exchanges(of: step) where [exchange.sender, exchange.receiver].contains(name) {
      diagnostics.report(
        named.place, "board '\(name)' is a side of exchange '\(exchange.name)'",
        hint: "the attacker is a third board between the two")
    }
    return name
  }

  /// The name of a board, nil where there is none of that name.
  mutating func board(_ value: Value?) -> String? {
    guard let value, let name = value.text else { return nil }
    guard !names.boards.contains(name) else { return name }
    diagnostics.report(
      value.place, "there is no board '\(name)'",
      hint: Suggestion.hint(for: name, among: names.boards, listing: "boards"))
    return nil
  }

  private mutating func note(_ step: ScenarioStep, _ value: Value) {
    guard let name = step.name else { return }
    if named[name] != nil {
      diagnostics.report(
        value["name"]?.place ?? value.place, "two steps of the scenario are called '\(name)'",
        hint: nil)
    }
    named[name] = step.action
  }

  /// An earlier step of the scenario that has the name and is of that kind.
  mutating func earlier(_ value: Value?, _ what: String, _ fits: (StepAction) -> Bool) -> String? {
    guard let value, let name = value.text else { return nil }
    if let action = named[name], fits(action) { return name }
    let known = named.filter { fits($0.value) }.keys.sorted()
    diagnostics.report(
      value.place, "there is no earlier step '\(name)' with \(what)",
      hint: known.isEmpty
        ? "give the earlier step a name: '- { name: \(name), … }'"
        : Suggestion.hint(for: name, among: known, listing: "there are"))
    return nil
  }

  func duration(_ value: Value?) -> Duration? {
    // What is no duration the shape has refused.
    value?.text.flatMap { try? DurationText.parse($0) }
  }
}

extension StepAction {
  var isExchange: Bool { if case .exchange = self { true } else { false } }
  var isService: Bool { if case .service = self { true } else { false } }
}

extension Fault {
  fileprivate var snapshots: [String] {
    actions.compactMap { if case .snapshot(let name) = $0 { name } else { nil } }
  }
}
