import LabValues

/// What must come of a step.
public enum StepExpectation: Sendable, Equatable {
  case command(CommandExpectation)
  case exchange(ExchangeExpectation)
}

/// What a command must do.
public struct CommandExpectation: Sendable, Equatable {
  public var exit: ExitExpectation = .is(0)
  public var output: [TextExpectation] = []
  public var errors: [TextExpectation] = []

  public init() {}

  /// The status with which a command ends.
  public enum ExitExpectation: Sendable, Equatable {
    case `is`(Int32)
    case isNot(Int32)

    /// - Parameter status: nil where it ended otherwise, by a signal.
    public func isMet(by status: Int32?) -> Bool {
      switch self {
      case .is(let wanted): status == wanted
      case .isNot(let unwanted): status != nil && status != unwanted
      }
    }

    /// `3`, `not 3`.
    public var words: String {
      switch self {
      case .is(let status): "\(status)"
      case .isNot(let status): "not \(status)"
      }
    }
  }
}

/// What is asked of a text.
public enum TextExpectation: Sendable, Equatable {
  /// But for a line feed at its end.
  case `is`(String)
  case contains(String)
  case matches(RegularExpression)
  case empty(Bool)
  /// JSON pointer (RFC 6901) into the text, which must be JSON (RFC 8259).
  case json(pointer: String, JSONExpectation)
}

/// What is asked of a value in JSON.
public enum JSONExpectation: Sendable, Equatable {
  case `is`(JSONValue)
  case between(Double?, Double?)
}

/// What must come of an exchange. Empty lists ask nothing.
public struct ExchangeExpectation: Sendable, Equatable {
  /// One of these.
  public var verdicts: [ExchangeVerdict] = []
  /// Codes, or `done`; one of them.
  public var sender: [String] = []
  public var receiver: [String] = []
  public var within: Duration?
  /// By file; one of these states each.
  public var files: [StoredFile: [FileState]] = [:]
  /// By claim: proved, refuted or notProvable.
  public var claims: [String: String] = [:]
  /// Whether the attacker has got the image.
  public var attackerHasImage: Bool?
  public var differs: Difference?

  public init() {}

  /// How an exchange ends, as scenarios tell it.
  public enum ExchangeVerdict: String, Sendable, CaseIterable {
    case identical
    /// It ended without error, and the image is another.
    case different
    /// A side ended with an error.
    case refused
    /// A side waited too long: a kind of refused.
    case timeout
  }

  /// What there is of a file when the exchange has ended.
  public enum FileState: String, Sendable, CaseIterable {
    case absent
    /// What should be there: the image, or for encrypted files what the sender has encrypted.
    case original
    case other
  }

  /// Values that must not be those of an earlier step's exchange.
  public struct Difference: Sendable, Equatable {
    public var step: String
    public var values: [Value]

    public init(step: String, values: [Value]) {
      self.step = step
      self.values = values
    }

    /// Of both sides.
    public enum Value: String, Sendable, CaseIterable {
      case publicValue, nonce, transcript
    }
  }

  /// The word for a side that ended without error.
  public static let done = "done"
}
