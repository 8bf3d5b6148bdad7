import LabValues

/// Makes `scenarios:` of a checked tree, and checks what takes two values to see.
struct ScenarioReader {
  /// What a manifest has that scenarios may name.
  struct Names {
    var boards: [String]
    /// Boards whose role is attacker.
    var attackers: [String]
    var exchanges: [Exchange]
    /// Absolute, without a slash at its end.
    var directory: String
    /// Whether files have to be there.
    var checksFiles: Bool
  }

  let names: Names
  private(set) var diagnostics: Diagnostics

  init(_ names: Names, _ diagnostics: Diagnostics) {
    self.names = names
    self.diagnostics = diagnostics
  }

  /// In the order of the manifest.
  mutating func read(_ value: Value?) -> [Scenario] {
    (value?.fields ?? []).filter { !$0.value.isInvalid }.map { scenario($0) }
  }

  private mutating func scenario(_ field: Value.Field) -> Scenario {
    let value = field.value
    var scenario = Scenario(name: field.key)
    scenario.about = value["about"]?.text
    scenario.matrix = matrix(value["matrix"])
    scenario.seed = value["seed"]?.text.flatMap { UInt64($0) }
    scenario.repeats = value["repeat"]?.text.flatMap { Int($0) } ?? 1
    scenario.timeout = value["timeout"]?.text.flatMap { try? DurationText.parse($0) }
    var reader = StepReader(
      names, matrix: scenario.matrix, attacker: value["attacker"], diagnostics)
    scenario.steps = steps(field, &reader)
    scenario.knownFailure = knownFailure(value["knownFailure"], &reader)
    diagnostics = reader.diagnostics
    scenario.always = (value["always"]?.elements ?? []).flatMap(invariants)
    checkMatrix(scenario, field)
    return scenario
  }

  private mutating func steps(_ field: Value.Field, _ reader: inout StepReader) -> [ScenarioStep] {
    let value = field.value
    let direct = ["exchange", "faults", "attack", "expect"].compactMap { key in
      value.fields.first { $0.key == key }
    }
    guard let list = value["steps"] else {
      guard !direct.isEmpty else {
        reader.diagnostics.report(
          field.keyPlace, "scenario '\(field.key)' does nothing",
          hint: "give it 'steps:', or 'faults:' or 'attack:' and 'expect:'")
        return []
      }
      return [reader.exchangeStep(value, line: field.keyPlace.line)]
    }
    for key in direct {
      reader.diagnostics.report(
        key.keyPlace, "'\(key.key)' cannot be used with 'steps'",
        hint: "a scenario has steps, or is one exchange; write it into a step")
    }
    if list.elements.count > Scenario.mostSteps {
      reader.diagnostics.report(
        list.place, "the scenario has \(list.elements.count) steps",
        hint: "at most \(Scenario.mostSteps)")
    }
    return list.elements.compactMap { reader.step($0) }
  }

  private mutating func matrix(_ value: Value?) -> Scenario.Matrix {
    var matrix = Scenario.Matrix()
    for element in value?["exchange"]?.elements ?? [] {
      guard let name = element.text else { continue }
      check(exchange: element)
      matrix.exchanges.append(name)
    }
    matrix.modes = (value?["mode"]?.elements ?? []).compactMap(\.text).map(LabMode.init(rawValue:))
    matrix.except = (value?["except"]?.elements ?? []).map { element in
      if let name = element["exchange"] { check(exchange: name) }
      return pattern(element)
    }
    return matrix
  }

  private func pattern(_ value: Value?) -> Scenario.Pattern {
    Scenario.Pattern(
      exchange: value?["exchange"]?.text,
      mode: value?["mode"]?.text.map(LabMode.init(rawValue:)))
  }

  private mutating func check(exchange value: Value) {
    let known = names.exchanges.map(\.name)
    guard let name = value.text, !known.contains(name) else { return }
    diagnostics.report(
      value.place, "there is no exchange '\(name)'",
      hint: Suggestion.hint(for: name, among: known, listing: "exchanges"))
  }

  private func invariants(_ value: Value) -> [Scenario.Invariant] {
    var found: [Scenario.Invariant] = []
    if value["plaintext"]?.text != nil { found.append(.plaintextHidden) }
    for claim in value["claims"]?.fields ?? [] {
      if let verdict = claim.value.text { found.append(.claim(claim.key, verdict)) }
    }
    return found
  }

  private mutating func knownFailure(
    _ value: Value?, _ reader: inout StepReader
  ) -> Scenario.KnownFailure? {
    guard let value, !value.isInvalid, let why = value["why"]?.text,
      let instead = value["instead"]
    else { return nil }
    if let name = value["where"]?["exchange"] { check(exchange: name) }
    let expectation = reader.exchangeExpectation(instead, for: nil)
    if expectation == ExchangeExpectation(), !instead.isInvalid, instead.fields.isEmpty {
      reader.diagnostics.report(
        instead.place, "'instead' asks nothing, so that any failure would be the known one",
        hint: "say how the exchange ends: instead: { verdict: identical }")
    }
    return Scenario.KnownFailure(
      cells: pattern(value["where"]), why: why, instead: expectation)
  }

  /// Something must be left of the matrix, and every exception must concern something.
  private mutating func checkMatrix(_ scenario: Scenario, _ field: Value.Field) {
    let cells = scenario.combinations(modes: scenario.matrix.modes)
    let place = field.value["matrix"]?.place ?? field.keyPlace
    if cells.isEmpty {
      diagnostics.report(
        place, "the matrix of '\(scenario.name)' is empty: 'except' leaves nothing",
        hint: "leave out an exception, or add an exchange or a mode")
    }
    if let known = scenario.knownFailure,
      !cells.contains(where: { $0.fits(known.cells) })
    {
      diagnostics.report(
        field.value["knownFailure"]?.place ?? place,
        "the known failure matches no cell",
        hint: "'where' names an exchange and mode of the matrix")
    }
    let usesMatrix = scenario.steps.contains { $0.usesCellsExchange }
    if scenario.matrix.exchanges.count > 1, !usesMatrix {
      diagnostics.warn(
        place, "no step takes the matrix's exchange, so its cells are the same",
        hint: "write 'exchange: each' in a step")
    }
  }
}

extension Scenario {
  /// One combination of the matrix.
  public struct Combination: Sendable, Equatable {
    public var exchange: String?
    /// Nil takes the mode of the run.
    public var mode: LabMode?

    func fits(_ pattern: Pattern) -> Bool {
      guard let mode else { return pattern.exchange == nil || pattern.exchange == exchange }
      return pattern.fits(exchange: exchange, mode: mode)
    }
  }

  /// Those of the matrix that no exception leaves out, mode by mode.
  /// - Parameter modes: empty where only the run's is wanted.
  public func combinations(modes: [LabMode]) -> [Combination] {
    let modes: [LabMode?] = modes.isEmpty ? [nil] : modes
    let exchanges: [String?] = matrix.exchanges.isEmpty ? [nil] : matrix.exchanges
    return modes.flatMap { mode in
      exchanges.map { Combination(exchange: $0, mode: mode) }
    }.filter { combination in
      !matrix.except.contains { combination.isLeftOut(by: $0) }
    }
  }
}

extension Scenario.Combination {
  /// Where the mode is not known yet, an exception that names one decides nothing.
  fileprivate func isLeftOut(by pattern: Scenario.Pattern) -> Bool {
    guard let mode else { return pattern.mode == nil && pattern.exchange == exchange }
    return pattern.fits(exchange: exchange, mode: mode)
  }
}

extension ScenarioStep {
  /// Whether it, or a step in it, takes the exchange of the cell.
  var usesCellsExchange: Bool {
    switch action {
    case .exchange(let step): step.exchange == nil
    case .parallel(let steps): steps.contains { $0.usesCellsExchange }
    default: false
    }
  }
}
