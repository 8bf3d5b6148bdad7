/// Something that is claimed of a run, and what was found. It is judged once, when the result is made; whoever shows
/// a result prints its checks and judges nothing.
public struct Check: Codable, Sendable, Equatable {
  /// Names a check among those of its exchange, or of its run.
  public struct ID: RawRepresentable, Codable, Sendable, Hashable {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// A part of another check has its ID, a dot, and a name: `transcriptsEqual.x`.
  public var id: ID
  /// What is claimed, in words.
  public var claim: String
  public var verdict: Verdict
  /// What was found, in plain words.
  public var finding: String
  /// By name, for programs; docs/capture.md and docs/report.md list the names.
  public var counts: [String: UInt64]

  public init(
    id: ID, claim: String, verdict: Verdict, finding: String, counts: [String: UInt64] = [:]
  ) {
    self.id = id
    self.claim = claim
    self.verdict = verdict
    self.finding = finding
    self.counts = counts
  }

  /// Whether it is a part of another check.
  public var isPart: Bool { id.rawValue.contains(".") }

  /// The claims of captures had no IDs before checks did; what holds them knows them by their place.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decodeIfPresent(ID.self, forKey: .id) ?? ID(rawValue: "")
    claim = try values.decode(String.self, forKey: .claim)
    verdict = try values.decode(Verdict.self, forKey: .verdict)
    finding = try values.decode(String.self, forKey: .finding)
    counts = try values.decode([String: UInt64].self, forKey: .counts)
  }
}

/// What is to be said to a claim. The greater, the worse.
public enum Verdict: String, Codable, Sendable, Comparable {
  case proved
  /// What there is does not suffice; the finding says why.
  case notProvable
  case refuted

  private var severity: Int {
    switch self {
    case .proved: 0
    case .notProvable: 1
    case .refuted: 2
    }
  }

  /// Whether `b` is worse.
  public static func < (a: Verdict, b: Verdict) -> Bool { a.severity < b.severity }
}

extension Sequence<Check> {
  /// Of nothing at all, nothing is proved.
  var worst: Verdict { self.map(\.verdict).max() ?? .notProvable }
}

extension Check.ID {
  /// The receiver has the image that was sent.
  public static let imageIdentical = Self(rawValue: "imageIdentical")
  /// The file that it kept has the original's hash.
  public static let imageHash = Self(rawValue: "imageIdentical.hash")
  /// Both boards confirm the key.
  public static let keyConfirmed = Self(rawValue: "keyConfirmed")
  /// Both boards saw one key exchange.
  public static let transcriptsEqual = Self(rawValue: "transcriptsEqual")
  /// The receiver got the public value that the sender sent, and the other way round.
  public static let publicValueX = Self(rawValue: "transcriptsEqual.x")
  public static let publicValueY = Self(rawValue: "transcriptsEqual.y")
  /// The encrypted file arrived as it was sent.
  public static let ciphertextArrived = Self(rawValue: "ciphertextArrived")

  /// Those of a capture.
  public static let plaintextAbsent = Self(rawValue: "plaintextAbsent")
  public static let ciphertextIdentical = Self(rawValue: "ciphertextIdentical")
  public static let protocolAgrees = Self(rawValue: "protocolAgrees")
  public static let blockPattern = Self(rawValue: "blockPattern")

  /// Those of a run.
  static let exchangesRun = Self(rawValue: "exchangesRun")
  static let cellsJudged = Self(rawValue: "cellsJudged")
  static let sweepComplete = Self(rawValue: "sweepComplete")

  /// As one names the check beside those of other exchanges: `classic/imageIdentical`.
  func within(_ name: String) -> Self { Self(rawValue: "\(name)/\(rawValue)") }
}
