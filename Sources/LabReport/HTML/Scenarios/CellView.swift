import LabCore
import LabResults

/// A cell that needs explaining.
struct CellView {
  struct MismatchRow {
    var subject: String
    var expected: String
    var found: String
    var place: String
  }

  struct AttemptRow {
    var seed: String
    var kind: String
    var words: String
    var finding: String
    var time: String
  }

  var id: String
  var title: String
  var kind: String
  var words: String
  var about: String?
  var reason: String?
  var reasonKind: String
  var hasMismatches: Bool
  var mismatches: [MismatchRow]
  var replay: String
  var hasShrunk: Bool
  var shrunk: [String]
  var facts: [FactView]
  var hasAttempts: Bool
  var attempts: [AttemptRow]
  /// Which of the attempts the rest is about.
  var shown: String
  /// What follows is folded, so that a page of many cards stays short.
  var folds: Bool
  var hasSteps: Bool
  var steps: [StepLine]
  var exchanges: [TestedExchangeView]

  init(_ placed: PlacedCell, folds: Bool, folder: String, maker: FigureMaker) {
    let (scenario, cell, id) = (placed.scenario, placed.cell, placed.id)
    let attempt = cell.telling
    let all = (attempt?.steps ?? []).flatMap(\.all)
    self.id = id
    self.folds = folds
    title = Human.printable("\(scenario.name) \(cell.number)")
    kind = cell.verdict.rawValue
    words = cell.verdict.words
    about = scenario.about.map(Human.printable)
    reason = Self.reason(cell).map { Human.unbroken(Human.printable($0)) }
    reasonKind = cell.verdict == .unexpectedPass || cell.verdict == .failed ? "failed" : "warning"
    mismatches = (attempt?.mismatches ?? []).map(Self.row)
    hasMismatches = !mismatches.isEmpty
    replay = Human.printable(cell.replay)
    shrunk = (cell.shrunk ?? []).map(Human.printable)
    hasShrunk = !shrunk.isEmpty
    facts = Self.facts(cell)
    attempts = cell.attempts.map(Self.row)
    hasAttempts = attempts.count > 1
    shown = attempt.map { "What follows is of the attempt with seed \($0.seed)." } ?? ""
    steps = all.map(StepLine.init)
    hasSteps = all.count > 1 || all.contains { $0.exchange == nil }
    let tested = all.compactMap { step in step.exchange.map { (step, $0) } }
    exchanges = tested.enumerated().map { index, item in
      TestedExchangeView(
        item.1, title: tested.count > 1 ? "Step \(item.0.number): \(item.0.text)" : "The exchange",
        id: "\(id)-exchange-\(index + 1)",
        folder: folder, maker: maker)
    }
  }

  private static func reason(_ cell: CellResult) -> String? {
    switch cell.verdict {
    case .passed: nil
    case .knownFailure: "Known to end so" + (cell.reason.map { ": \($0)" } ?? "") + "."
    case .unexpectedPass:
      "It passed, though it is known to fail" + (cell.reason.map { ": \($0)" } ?? "") + "."
    case .flaky: "Attempts of the same cell ended differently: \(cell.attemptCounts)."
    case .skipped, .inconclusive, .failed: cell.reason ?? cell.telling?.reason
    }
  }

  private static func row(_ mismatch: Mismatch) -> MismatchRow {
    MismatchRow(
      subject: Human.printable(mismatch.subject), expected: Human.printable(mismatch.expected),
      found: Human.printable(mismatch.found),
      place: mismatch.step.map { "\($0)" } ?? "the whole cell")
  }

  private static func row(_ attempt: AttemptResult) -> AttemptRow {
    AttemptRow(
      seed: "\(attempt.seed)", kind: attempt.verdict.rawValue, words: attempt.verdict.words,
      finding: Human.printable(attempt.findings.first ?? attempt.reason ?? "–"),
      time: Human.unbroken(Human.duration(nanoseconds: attempt.nanoseconds)))
  }

  private static func facts(_ cell: CellResult) -> [FactView] {
    var facts = [FactView("Exchange", cell.exchangeName ?? "–"), FactView("Mode", cell.mode)]
    facts.append(FactView("Made to go wrong", cell.faultWords))
    facts.append(FactView("Seed", "\(cell.seed)"))
    if !cell.attempts.isEmpty { facts.append(FactView("Time", CellRow.time([cell]))) }
    return facts
  }
}

/// A step of a cell in a line, and what a command printed.
struct StepLine {
  struct Printed {
    var stream: String
    var lines: String
  }

  var number: String
  var text: String
  var ended: String?
  var took: String?
  var hasPrinted: Bool
  var printed: [Printed]

  init(_ step: StepResult) {
    number = "\(step.number)"
    text = Human.printable([step.name, step.text].compactMap(\.self).joined(separator: ": "))
    ended = Self.ended(step).map(Human.printable)
    took =
      step.nanoseconds > 0 ? Human.unbroken(Human.duration(nanoseconds: step.nanoseconds)) : nil
    printed = step.command.map(Self.printed) ?? []
    hasPrinted = !printed.isEmpty
  }

  private static func ended(_ step: StepResult) -> String? {
    if let failure = step.failure { return "\(failure.code.name), \(failure.told)" }
    if let exchange = step.exchange { return exchange.ending }
    guard let command = step.command else { return nil }
    if let signal = command.signal { return "ended by signal \(signal)" }
    return command.exit.map { "exit \($0)" }
  }

  private static func printed(_ command: CommandFacts) -> [Printed] {
    return [
      ("standard output", command.output, command.isCut(.output)),
      ("standard error", command.errors, command.isCut(.errors)),
    ].compactMap { name, text, isCut in
      guard !text.isEmpty else { return nil }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let shown = lines.map { Human.printable(String($0)) }.joined(separator: "\n")
      return Printed(
        stream: name + (isCut ? ", the beginning of it" : ""),
        lines: Human.shortened(shown, to: limit))
    }
  }

  private static let limit = 4000
}

extension ExchangeFacts {
  /// As a manifest's `verdict` says it.
  var ending: String { verdict == .failed ? "refused" : verdict.rawValue }
}
