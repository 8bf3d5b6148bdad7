import LabCore

/// What came of one step: facts, which are judged afterwards, and can be judged again.
public struct StepResult: Codable, Sendable, Equatable {
  /// From 1, in the order of the manifest; steps at once have that of the step that holds them.
  public var number: Int
  public var name: String?
  /// What was done, as a reader says it: `exec on bob: ls -l`.
  public var text: String
  public var nanoseconds: UInt64
  /// It could not be done.
  public var failure: LabError?
  public var command: CommandFacts?
  public var exchange: ExchangeFacts?
  /// Of steps at once, those that came to their end.
  public var parallel: [StepResult]?
  /// Of a step at once, from 1 in the manifest's order; nil for others, and in histories of earlier versions.
  public var place: Int?

  public init(number: Int, name: String? = nil, text: String) {
    self.number = number
    self.name = name
    self.text = text
    nanoseconds = 0
  }

  /// It and those in it.
  public var all: [StepResult] { [self] + (parallel ?? []).flatMap(\.all) }
}

/// How a command ended, and what it printed.
public struct CommandFacts: Codable, Sendable, Equatable {
  /// Its exit status; nil where a signal ended it.
  public var exit: Int32?
  public var signal: Int32?
  /// The beginning; `isCut` says whether there was more.
  public var output: String
  public var errors: String
  public var isCut: Bool
  /// Which of the two was cut; nil where none was, and in histories of earlier versions.
  public var cut: [Text]?

  /// What a command prints.
  public enum Text: String, Codable, Sendable {
    case output = "stdout"
    case errors = "stderr"
  }

  public init(exit: Int32?, signal: Int32?, output: String, errors: String, cut: [Text] = []) {
    self.exit = exit
    self.signal = signal
    self.output = output
    self.errors = errors
    isCut = !cut.isEmpty
    self.cut = cut.isEmpty ? nil : cut
  }

  /// Whether there was more of the text.
  public func isCut(_ text: Text) -> Bool { isCut && cut?.contains(text) != false }
}

/// A service that no step had stopped.
public struct ServiceFacts: Codable, Sendable, Equatable {
  /// Of the step that started it, from 1.
  public var step: Int
  public var name: String?
  public var board: String
  /// Its exit status; nil where a signal ended it.
  public var exit: Int32?
  public var signal: Int32?
  /// The end of what it printed, or why nothing is known of it.
  public var text: String?

  public init(
    step: Int, name: String?, board: String, exit: Int32? = nil, signal: Int32? = nil,
    text: String? = nil
  ) {
    self.step = step
    self.name = name
    self.board = board
    self.exit = exit
    self.signal = signal
    self.text = text
  }

  /// Whether it is known that it ended.
  public var hasEnded: Bool { exit != nil || signal != nil }

  /// As a reader says it: `ended with status 1`.
  public var ending: String {
    exit.map { "ended with status \($0)" } ?? signal.map { "was ended by signal \($0)" }
      ?? "is not known to run"
  }
}

/// How an exchange ended, on each side and in between.
public struct ExchangeFacts: Codable, Sendable, Equatable {
  public var exchange: String
  public var profile: String
  public var verdict: Outcome
  public var sender: SideFacts
  public var receiver: SideFacts
  /// From the first program's start to the last one's end.
  public var nanoseconds: UInt64
  /// By the names of the manifest, those that the exchange keeps.
  public var files: [String: FileFacts] = [:]
  public var attacker: AttackerFacts?
  /// What a capture shows; nil where none was taken.
  public var claims: [Check]?
  /// Below the run's folder: logs, and pictures that came home.
  public var folder: String?

  public init(
    exchange: String, profile: String, verdict: Outcome, sender: SideFacts, receiver: SideFacts,
    nanoseconds: UInt64
  ) {
    self.exchange = exchange
    self.profile = profile
    self.verdict = verdict
    self.sender = sender
    self.receiver = receiver
    self.nanoseconds = nanoseconds
  }
}

/// How one side of an exchange ended.
public struct SideFacts: Codable, Sendable, Equatable {
  public var board: String
  /// `done`, or the code of its error.
  public var code: String
  /// The step of the protocol at which it gave up.
  public var step: String?
  public var message: String?
  /// Of a side that ended without error; else what the attacker saw of it, if anything.
  public var publicValue: String?
  public var nonce: String?
  public var transcript: String?

  public static let done = "done"

  public init(board: String, code: String) {
    self.board = board
    self.code = code
  }
}

/// A file on a board after the exchange.
public struct FileFacts: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable {
    case absent, original, other
  }

  public var state: State
  /// Nil where it is absent.
  public var sha256: String?

  public init(_ state: State, sha256: String? = nil) {
    self.state = state
    self.sha256 = sha256
  }
}
