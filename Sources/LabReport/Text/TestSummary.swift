import LabResults

/// One cell on the terminal: a line, and under a failure what was found and how to try it again.
public struct CellLines: Sendable {
  private let scenario: String
  private let cell: CellResult

  public init(_ scenario: String, _ cell: CellResult) {
    self.scenario = scenario
    self.cell = cell
  }

  /// - Parameter width: Columns of a terminal; nil leaves lines whole.
  /// - Returns: Lines, each ended by a newline.
  public func render(color: Bool, width: Int? = nil) -> String {
    let style = TerminalStyle(isOn: color)
    var words = ["\(scenario) \(cell.number)", "[\(cell.label)]"]
    if !cell.faults.isEmpty { words.append(cell.faults.joined(separator: "; ")) }
    if cell.nanoseconds > 0 { words.append(Human.duration(nanoseconds: cell.nanoseconds)) }
    let verdict = cell.verdict.words
    let padding = String(repeating: " ", count: max(0, Self.width - verdict.count))
    let line = Human.printable(words.joined(separator: "  "))
    let told = style.apply(cell.verdict.tint, verdict)
    let fits = width.map { max(Self.width, verdict.count) + line.count <= $0 } ?? true
    let first = fits ? [told + padding + line] : [told] + Self.below(line, width)
    return (first + details.flatMap { Self.below(Human.printable($0), width) })
      .map { $0 + "\n" }.joined()
  }

  /// A command stays in one line, to be copied.
  private static func below(_ text: String, _ width: Int?) -> [String] {
    let isWhole = text.hasPrefix("again: ")
    let lines = isWhole ? [text] : width.map { wrap(text, width: max(40, $0) - 4) } ?? [text]
    return lines.map { "    " + $0 }
  }

  private static let width = 16

  private var details: [String] {
    guard cell.verdict != .passed else { return [] }
    var lines = cell.reason.map { [$0] } ?? []
    guard cell.verdict.isFailure else { return lines }
    lines += cell.findings
    if let shrunk = cell.shrunk { lines.append("the same with: \(shrunk.joined(separator: "; "))") }
    return lines + ["again: \(cell.replay)"]
  }
}

/// What `pilab report` says of scenarios: the cells that did not simply pass, each with its reason.
struct ScenarioLines {
  let tests: TestResult
  let style: TerminalStyle
  let width: Int

  private static let limit = 200

  func lines() -> [String] {
    let bad = tests.scenarios.flatMap { scenario in
      scenario.cells.filter { $0.verdict != .passed }.map { CellLines(scenario.name, $0) }
    }
    var lines = bad.prefix(Self.limit).flatMap { lines in
      lines.render(color: style.isOn, width: width).split(separator: "\n").map(String.init)
    }
    if bad.count > Self.limit {
      lines.append("… and \(bad.count - Self.limit) more in report.json")
    }
    if !lines.isEmpty { lines.insert("", at: 0) }
    return lines + ["", "Seed: \(tests.seed)"]
      + tests.scope.flatMap { wrap(Human.printable($0), width: width) }
  }
}

/// All cells in a few lines.
public struct TestSummary: Sendable {
  private let tests: TestResult
  private let nanoseconds: UInt64
  private let location: String?

  public init(_ tests: TestResult, nanoseconds: UInt64, location: String?) {
    self.tests = tests
    self.nanoseconds = nanoseconds
    self.location = location
  }

  /// - Parameter width: of the terminal; nil breaks no line.
  public func render(color: Bool, width: Int? = nil) -> String {
    let style = TerminalStyle(isOn: color)
    let tint: TerminalStyle.Tint = tests.succeeded && tests.isJudged ? .good : .bad
    var lines = [
      style.apply(tint, "\(Self.counts(tests)) in \(Human.duration(nanoseconds: nanoseconds))")
    ]
    lines.append("Seed: \(tests.seed)")
    lines += tests.scope.map(Human.printable).flatMap { text in
      width.map { wrap(text, width: $0) } ?? [text]
    }
    if let location { lines.append("Report: \(Human.printable(location))") }
    return "\n" + lines.map { $0 + "\n" }.joined()
  }

  /// `2 failed, 1 known failure, 30 passed`.
  static func counts(_ tests: TestResult) -> String {
    let words = CellVerdict.counts(tests.cells.map(\.verdict))
    return words.isEmpty ? "no cells" : words
  }
}

extension TestResult {
  /// What the reader must know of all cells: what was left out, and whose programs ran.
  var scope: [String] {
    [leftOut.map(Self.words), programs.map(Self.words)].compactMap(\.self)
  }

  private static let namesShown = 3

  /// `Not asked for: 30 of the manifest's 33 cells, among them all of bit-flip and power-cut.`
  private static func words(_ leftOut: LeftOut) -> String {
    let cells = "\(leftOut.cells) of the manifest's \(Human.counted(leftOut.of, "cell"))"
    let names = leftOut.scenarios
    guard !names.isEmpty else { return "Not asked for: \(cells)." }
    let more = names.count - namesShown
    let list =
      names.prefix(namesShown).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    return "Not asked for: \(cells), among them all of \(list)."
  }

  private static func words(_ programs: TestedPrograms) -> String {
    let files = programs.sha256.sorted { $0.key < $1.key }.map { name, hash in
      "\(name) \(hash.prefix(16))"
    }
    return "Board programs: those of \(programs.folder) (SHA-256: \(files.joined(separator: ", ")))"
  }
}

extension CellVerdict {
  var tint: TerminalStyle.Tint {
    switch self {
    case .passed: .good
    case .knownFailure, .skipped, .inconclusive: .warning
    case .flaky, .unexpectedPass, .failed: .bad
    }
  }
}
