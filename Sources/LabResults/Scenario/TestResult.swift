import LabCore

/// What the scenarios of a manifest showed; in `report.json` under `tests`.
public struct TestResult: Codable, Sendable, Equatable {
  /// Of everything random, where a scenario names none of its own.
  public var seed: UInt64
  /// In the order of the manifest, those that were asked for.
  public var scenarios: [ScenarioResult]
  /// Flaky cells do not count as failed.
  public var allowsFlaky = false
  /// Nil where all of the manifest was asked for.
  public var leftOut: LeftOut?
  /// Nil where they were pilab's own.
  public var programs: TestedPrograms?

  public init(seed: UInt64, scenarios: [ScenarioResult] = []) {
    self.seed = seed
    self.scenarios = scenarios
  }

  public var cells: [CellResult] { scenarios.flatMap(\.cells) }

  /// Puts a cell that has ended among those of its scenario, in place of what was known of it.
  public mutating func add(_ cell: CellResult, of name: String, about: String?) {
    let place = scenarios.firstIndex { $0.name == name } ?? scenarios.endIndex
    if place == scenarios.endIndex { scenarios.append(ScenarioResult(name: name, about: about)) }
    scenarios[place].cells.removeAll { $0.number == cell.number }
    scenarios[place].cells.append(cell)
    scenarios[place].cells.sort { $0.number < $1.number }
  }

  /// The worst of the cells; nil where there are none.
  public var verdict: CellVerdict? { cells.map(\.verdict).max() }

  /// Whether nothing has failed.
  public var succeeded: Bool {
    cells.allSatisfy { !$0.verdict.isFailure || ($0.verdict == .flaky && allowsFlaky) }
  }

  /// Whether any cell was judged at all.
  public var isJudged: Bool { cells.contains { $0.verdict.isJudged } }

  /// `as expected`, `not as expected`, `not judged`.
  public var outcome: String {
    isJudged ? (succeeded ? "as expected" : "not as expected") : "not judged"
  }

  /// How many cells ended so.
  public func count(_ verdict: CellVerdict) -> Int {
    cells.count { $0.verdict == verdict }
  }
}

/// What of a manifest's scenarios nobody asked for: a verdict says nothing of it.
public struct LeftOut: Codable, Sendable, Equatable {
  /// Of all scenarios together.
  public var cells: Int
  /// That many the manifest has.
  public var of: Int
  /// Those of which no cell was asked for, in the order of the manifest.
  public var scenarios: [String]

  public init(cells: Int, of all: Int, scenarios: [String]) {
    self.cells = cells
    of = all
    self.scenarios = scenarios
  }
}

/// Board programs of the user's own that scenarios were tried with.
public struct TestedPrograms: Codable, Sendable, Equatable {
  /// As the user named it.
  public var folder: String
  /// SHA-256 of each file by its name.
  public var sha256: [String: String]

  public init(folder: String, sha256: [String: String]) {
    self.folder = folder
    self.sha256 = sha256
  }
}

/// One scenario of the manifest.
public struct ScenarioResult: Codable, Sendable, Equatable {
  public var name: String
  public var about: String?
  /// In the order of their numbers.
  public var cells: [CellResult]

  public init(name: String, about: String? = nil, cells: [CellResult] = []) {
    self.name = name
    self.about = about
    self.cells = cells
  }

  public var verdict: CellVerdict? { cells.map(\.verdict).max() }
}

/// What became of a cell. The greater, the worse: a scenario is as bad as its worst cell.
public enum CellVerdict: String, Codable, Sendable, CaseIterable, Comparable {
  case passed
  /// It failed exactly as the manifest says that it must.
  case knownFailure
  /// It was not tried; the reason says why.
  case skipped
  /// It was tried, and what happened proves nothing: a fault was not reached, or the lab was not in order.
  case inconclusive
  /// Attempts of the same cell ended differently.
  case flaky
  /// It should have failed, and did not.
  case unexpectedPass
  case failed

  private var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Whether `b` is worse.
  public static func < (a: Self, b: Self) -> Bool { a.severity < b.severity }

  /// Whether a run of it is no success. What is inconclusive is none: nobody knows.
  public var isFailure: Bool { self >= .inconclusive }

  /// Whether it says something of what was tried.
  public var isJudged: Bool { self != .skipped && self != .inconclusive }

  /// For people.
  public var words: String {
    switch self {
    case .passed: "passed"
    case .knownFailure: "known failure"
    case .skipped: "skipped"
    case .inconclusive: "inconclusive"
    case .flaky: "flaky"
    case .unexpectedPass: "unexpected pass"
    case .failed: "failed"
    }
  }
}

/// One combination of a scenario: its exchange, its mode, and its faults.
public struct CellResult: Codable, Sendable, Equatable {
  /// From 1, within the scenario.
  public var number: Int
  public var exchange: String?
  public var mode: String
  /// What was made to go wrong, in words; of random faults, those of the attempt that `findings` are of.
  public var faults: [String]
  public var seed: UInt64
  public var verdict: CellVerdict
  /// Why it was skipped, is inconclusive, or why its failure is known.
  public var reason: String?
  /// One or more; none where it was skipped.
  public var attempts: [AttemptResult]
  /// Fewer faults that have the same end; of random faults that failed.
  public var shrunk: [String]?
  /// The command that tries it again.
  public var replay: String

  public init(
    number: Int, exchange: String?, mode: String, faults: [String], seed: UInt64,
    verdict: CellVerdict, reason: String? = nil, attempts: [AttemptResult] = [], replay: String
  ) {
    self.number = number
    self.exchange = exchange
    self.mode = mode
    self.faults = faults
    self.seed = seed
    self.verdict = verdict
    self.reason = reason
    self.attempts = attempts
    self.replay = replay
  }

  /// `exchange=sealed,mode=libvirt`, and what tells it from others of the same combination.
  public var label: String {
    let matrix = [exchange.map { "exchange=\($0)" }, "mode=\(mode)"].compactMap(\.self)
    return matrix.joined(separator: ",")
  }

  /// Of all attempts; a report from elsewhere may say anything, so the sum ends at the largest number.
  public var nanoseconds: UInt64 {
    attempts.reduce(0) { sum, attempt in
      let (more, overflows) = sum.addingReportingOverflow(attempt.nanoseconds)
      return overflows ? .max : more
    }
  }
}

/// A cell tried once.
public struct AttemptResult: Codable, Sendable, Equatable {
  public var seed: UInt64
  /// Passed, failed or inconclusive; a known failure is passed, and what should have failed failed.
  public var verdict: CellVerdict
  public var nanoseconds: UInt64
  public var faults: [String]
  /// Those that were begun, in their order.
  public var steps: [StepResult]
  /// Services that had ended by themselves, or of which nothing could be learnt; nil where there were none.
  public var services: [ServiceFacts]?
  /// What was found otherwise than expected.
  public var mismatches: [Mismatch]
  /// Why it is inconclusive.
  public var reason: String?

  public init(
    seed: UInt64, verdict: CellVerdict = .passed, nanoseconds: UInt64 = 0, faults: [String] = [],
    steps: [StepResult] = [], mismatches: [Mismatch] = [], reason: String? = nil
  ) {
    self.seed = seed
    self.verdict = verdict
    self.nanoseconds = nanoseconds
    self.faults = faults
    self.steps = steps
    self.mismatches = mismatches
    self.reason = reason
  }
}

/// Something that was found otherwise than expected.
public struct Mismatch: Codable, Sendable, Equatable {
  /// Number of the step, from 1; nil for what holds during the whole cell.
  public var step: Int?
  /// What was looked at: `receiver`, `files.receiver-decrypted`, `stdout`; `step` where it was not done at all. Of steps
  /// that are done at once behind the step's label: `exec on bob: stdout`.
  public var subject: String
  public var expected: String
  public var found: String

  public init(step: Int?, _ subject: String, expected: String, found: String) {
    self.step = step
    self.subject = subject
    self.expected = expected
    self.found = found
  }

  public var sentence: String {
    if subject == Self.step { return found }
    if subject.hasSuffix(": \(Self.step)") { return "\(subject.dropLast(Self.step.count))\(found)" }
    return "\(subject) is \(found), expected \(expected)"
  }

  /// The subject of what was not done.
  public static let step = "step"
}
