import LabValues

/// What must happen, or must be refused, when something goes wrong: data with a closed vocabulary. It has no variables,
/// expressions, conditions or loops; only `matrix` and `at: every …` multiply.
public struct Scenario: Sendable, Equatable {
  public var name: String
  /// One line, for reports.
  public var about: String?
  public var matrix = Matrix()
  /// Of everything random in it; nil draws one.
  public var seed: UInt64?
  /// Attempts of each cell, with the seeds seed, seed + 1, …
  public var repeats = 1
  /// Of one cell, healing not included; nil takes the mode's.
  public var timeout: Duration?
  /// One or more.
  public var steps: [ScenarioStep] = []
  /// What holds during the whole cell.
  public var always: [Invariant] = []
  public var knownFailure: KnownFailure?

  public static let mostRepeats = 1000
  static let mostSteps = 200
  static let mostCells = 10_000

  public init(name: String) { self.name = name }

  /// What a scenario is tried with: every combination, but for `except`.
  public struct Matrix: Sendable, Equatable {
    /// Empty where steps name their exchanges.
    public var exchanges: [String] = []
    /// Never auto; empty takes the mode of the run.
    public var modes: [LabMode] = []
    public var except: [Pattern] = []

    public init() {}
  }

  /// Cells of a matrix: nil fits any.
  public struct Pattern: Sendable, Equatable {
    public var exchange: String?
    public var mode: LabMode?

    public init(exchange: String? = nil, mode: LabMode? = nil) {
      self.exchange = exchange
      self.mode = mode
    }

    public func fits(exchange: String?, mode: LabMode) -> Bool {
      (self.exchange == nil || self.exchange == exchange) && (self.mode == nil || self.mode == mode)
    }
  }

  /// A failure that is expected: the cell must end exactly as `instead` says, or it fails.
  public struct KnownFailure: Sendable, Equatable {
    public var cells: Pattern
    public var why: String
    /// In place of the last exchange's expectation.
    public var instead: ExchangeExpectation

    public init(cells: Pattern, why: String, instead: ExchangeExpectation) {
      self.cells = cells
      self.why = why
      self.instead = instead
    }
  }

  /// What holds during the whole cell, judged from captures of the links.
  public enum Invariant: Sendable, Equatable {
    /// The image's bytes do not cross the wire.
    case plaintextHidden
    /// A claim on the capture of every exchange.
    case claim(String, String)
  }
}

/// One thing that is done, and what must come of it.
public struct ScenarioStep: Sendable, Equatable {
  public var name: String?
  public var action: StepAction
  /// How long it may take.
  public var within: Duration?
  public var expect: StepExpectation?
  /// Line of the manifest, for messages and reports.
  public var line: Int

  public init(_ action: StepAction, name: String? = nil, within: Duration? = nil, line: Int = 0) {
    self.action = action
    self.name = name
    self.within = within
    self.line = line
  }
}

/// The vocabulary of scenarios.
public indirect enum StepAction: Sendable, Equatable {
  case exec(CommandStep)
  case copy(from: FilePlace, to: FilePlace)
  case service(CommandStep, ready: Readiness?)
  /// `service`: the name of an earlier step; `signal` without `SIG`.
  case stop(service: String, signal: String)
  case exchange(ExchangeStep)
  /// Of what the board sends.
  case impair(board: String, LinkImpairment)
  case link(board: String, isUp: Bool)
  case kill(String)
  case reboot(String)
  case snapshot(String)
  case restore(String)
  /// Records what passes the board's interface, until the cell ends.
  case capture(board: String)
  /// How far the board's clock is set ahead.
  case clock(board: String, offset: Duration)
  case parallel([ScenarioStep])
  case wait(Duration)
  /// Repeats the command until its expectation holds.
  case waitUntil(CommandStep, CommandExpectation)
  /// Undoes all disturbances now.
  case heal

  /// The key in manifests.
  public var word: String {
    switch self {
    case .exec: "exec"
    case .copy: "copy"
    case .service: "service"
    case .stop: "stop"
    case .exchange: "exchange"
    case .impair: "impair"
    case .link: "link"
    case .kill: "kill"
    case .reboot: "reboot"
    case .snapshot: "snapshot"
    case .restore: "restore"
    case .capture: "capture"
    case .clock: "clock"
    case .parallel: "parallel"
    case .wait, .waitUntil: "wait"
    case .heal: "heal"
    }
  }
}

/// A command on a board.
public struct CommandStep: Sendable, Equatable {
  public var board: String
  /// Program and arguments; never empty. A text of the manifest is given to `sh -c`.
  public var words: [String]

  public init(board: String, words: [String]) {
    self.board = board
    self.words = words
  }
}

/// A file on a board, or of this machine.
public enum FilePlace: Sendable, Equatable {
  /// Path below the board's working folder.
  case board(String, String)
  /// Absolute path on this machine.
  case local(String)
}

/// When a service is ready.
public enum Readiness: Sendable, Equatable {
  /// A line of its output matches.
  case output(RegularExpression)
  /// Something on the board listens on the TCP port.
  case port(UInt16)
  /// The file is there, below the board's working folder.
  case file(String)
}

/// An exchange, and what is done to it.
public struct ExchangeStep: Sendable, Equatable {
  /// Nil takes the cell's.
  public var exchange: String?
  public var faults: [Fault] = []
  /// Board of the attacker; there exactly if there are faults or an attack.
  public var attacker: String?
  public var attack: Attack?

  public init(exchange: String? = nil) { self.exchange = exchange }
}
