/// What one `pilab run` did and found; `report.json` is its encoding, every other form is rendered from it.
public struct RunReport: Codable, Sendable, Equatable {
  public var schemaVersion = 1
  public var pilabVersion: String
  public var lab: String
  /// Backend that made the boards: loopback, namespace, libvirt or virtualbox.
  public var mode: String
  /// What ran virtual machines' instructions: `QEMU 7.2.22, TCG`; nil where boards are no virtual machines.
  public var engine: String?
  /// ISO 8601, UTC.
  public var startedAt: String
  public var durationNanoseconds: UInt64
  public var environment: RunEnvironment
  public var boards: [BoardReport]
  public var exchanges: [ExchangeReport]
  /// What was done to the lab since it was up; nil where nothing was.
  public var changes: [ChangeReport]?
  /// Nil where the manifest has none.
  public var sweep: SweepReport?

  /// A run without exchanges has proved nothing, so it has failed.
  public var verdict: Verdict {
    let identical =
      !exchanges.isEmpty && exchanges.allSatisfy { $0.verdict == .identical }
      && sweep.map { $0.isComplete && $0.points.allSatisfy { $0.verdict == .identical } } ?? true
    return identical ? .identical : .failed
  }

  /// All images arrived, and no capture contradicts what the programs said.
  public var isAsClaimed: Bool {
    verdict == .identical
      && exchanges.allSatisfy { exchange in
        exchange.capture?.evidence.claims.allSatisfy { $0.verdict != .refuted } ?? true
      }
  }

  public init(
    pilabVersion: String, lab: String, mode: String, startedAt: String,
    durationNanoseconds: UInt64, environment: RunEnvironment, boards: [BoardReport],
    exchanges: [ExchangeReport], sweep: SweepReport? = nil
  ) {
    self.sweep = sweep
    self.pilabVersion = pilabVersion
    self.lab = lab
    self.mode = mode
    self.startedAt = startedAt
    self.durationNanoseconds = durationNanoseconds
    self.environment = environment
    self.boards = boards
    self.exchanges = exchanges
  }
}

extension RunReport {
  /// The mode, and for virtual machines their engine.
  var maker: String { engine.map { "\(mode) (\($0))" } ?? mode }
}

extension RunReport {
  private enum DerivedKeys: String, CodingKey {
    case verdict
  }

  /// Adds the verdict, so that readers of the JSON need not know how it follows from the exchanges.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(schemaVersion, forKey: .schemaVersion)
    try values.encode(pilabVersion, forKey: .pilabVersion)
    try values.encode(lab, forKey: .lab)
    try values.encode(mode, forKey: .mode)
    try values.encodeIfPresent(engine, forKey: .engine)
    try values.encode(startedAt, forKey: .startedAt)
    try values.encode(durationNanoseconds, forKey: .durationNanoseconds)
    try values.encode(environment, forKey: .environment)
    try values.encode(boards, forKey: .boards)
    try values.encode(exchanges, forKey: .exchanges)
    try values.encodeIfPresent(changes, forKey: .changes)
    try values.encodeIfPresent(sweep, forKey: .sweep)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    try derived.encode(verdict, forKey: .verdict)
  }
}

public enum Verdict: String, Codable, Sendable {
  /// The decrypted image equals the original, byte for byte, and both sides confirmed the key.
  case identical
  /// The exchange ended without error, yet the images differ.
  case different
  /// The exchange ended with an error.
  case failed
}

public struct RunEnvironment: Codable, Sendable, Equatable {
  public var operatingSystem: String
  public var kernel: String
  public var processor: String
  public var processors: Int
  public var memoryBytes: UInt64

  public init(
    operatingSystem: String, kernel: String, processor: String, processors: Int,
    memoryBytes: UInt64
  ) {
    self.operatingSystem = operatingSystem
    self.kernel = kernel
    self.processor = processor
    self.processors = processors
    self.memoryBytes = memoryBytes
  }
}

public struct BoardReport: Codable, Sendable, Equatable {
  public var name: String
  /// The address on the lab's network, as the board used it.
  public var address: String
  /// `up` or `down` when the run began; nil where boards have no links of their own.
  public var link: String?
  /// What impaired the board's link when the run began, as a manifest says it: `delay 20ms, loss 1%`.
  public var impairment: String?
  /// Who wanted that: `manifest` or `command`.
  public var impairmentFrom: String?
  /// `off` for a board whose plug had been pulled.
  public var power: String?
  /// Why it may have been otherwise: a command that did not come to its end.
  public var doubt: String?

  public init(name: String, address: String) {
    self.name = name
    self.address = address
  }
}

/// One exchange of the run.
public struct ExchangeReport: Codable, Sendable, Equatable {
  public var name: String
  public var sender: String
  public var receiver: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var image: ImageReport
  public var verdict: Verdict
  public var failure: FailureReport?
  /// SHA-256, lower-case hexadecimal, taken from the files after the timed exchange. Keys: `original`,
  /// `senderEncrypted`, `receiverEncrypted`, `receiverDecrypted`.
  public var sha256: [String: String]
  /// Paths relative to the report's folder, same keys.
  public var files: [String: String]
  /// What the two programs printed; nil where a program ended with an error.
  public var senderResult: BoardResult?
  public var receiverResult: BoardResult?
  /// Plain sentences that the reader must see (textbook group, fixed exponent, ...).
  public var warnings: [String]
  /// What a capture of the traffic shows; nil where none was taken.
  public var capture: CaptureReport?

  public init(
    name: String, sender: String, receiver: String, profile: String, group: String,
    groupBits: Int, cipher: String, authentication: String, image: ImageReport,
    verdict: Verdict, failure: FailureReport? = nil, sha256: [String: String] = [:],
    files: [String: String] = [:], senderResult: BoardResult? = nil,
    receiverResult: BoardResult? = nil, warnings: [String] = [], capture: CaptureReport? = nil
  ) {
    self.name = name
    self.sender = sender
    self.receiver = receiver
    self.profile = profile
    self.group = group
    self.groupBits = groupBits
    self.cipher = cipher
    self.authentication = authentication
    self.image = image
    self.verdict = verdict
    self.failure = failure
    self.sha256 = sha256
    self.files = files
    self.senderResult = senderResult
    self.receiverResult = receiverResult
    self.warnings = warnings
    self.capture = capture
  }
}

public struct ImageReport: Codable, Sendable, Equatable {
  /// What became of the file while the run used it; what was sent is the file as it was when the run began.
  public enum SourceChange: String, Codable, Sendable {
    case changed
    /// Or renamed.
    case removed
  }

  public var name: String
  public var bytes: UInt64
  /// Nil where the file was the same at the end.
  public var sourceChange: SourceChange?

  public init(name: String, bytes: UInt64, sourceChange: SourceChange? = nil) {
    self.name = name
    self.bytes = bytes
    self.sourceChange = sourceChange
  }
}

public struct FailureReport: Codable, Sendable, Equatable {
  public var board: String?
  public var step: String
  public var code: String
  public var message: String
  public var hint: String?

  public init(
    board: String? = nil, step: String, code: String, message: String, hint: String? = nil
  ) {
    self.board = board
    self.step = step
    self.code = code
    self.message = message
    self.hint = hint
  }
}

/// The JSON result of a board program; see docs/board-programs.md.
public struct BoardResult: Codable, Sendable, Equatable {
  public var program: String
  public var version: String
  public var role: String
  public var board: String
  public var peer: String
  public var profile: String
  public var group: String
  public var groupBits: Int
  public var cipher: String
  public var authentication: String
  public var plaintextBytes: UInt64
  public var ciphertextBytes: UInt64
  public var sha256: [String: String]
  public var keyConfirmed: Bool
  public var transcript: String
  public var publicValue: String
  public var peerPublicValue: String
  public var insecure: [String]
  public var nanoseconds: [String: UInt64]
  public var marks: [String: UInt64]
  public var peakResidentBytes: UInt64

  public init(
    program: String, version: String, role: String, board: String, peer: String,
    profile: String, group: String, groupBits: Int, cipher: String, authentication: String,
    plaintextBytes: UInt64, ciphertextBytes: UInt64, sha256: [String: String],
    keyConfirmed: Bool, transcript: String, publicValue: String, peerPublicValue: String,
    insecure: [String], nanoseconds: [String: UInt64], marks: [String: UInt64],
    peakResidentBytes: UInt64
  ) {
    self.program = program
    self.version = version
    self.role = role
    self.board = board
    self.peer = peer
    self.profile = profile
    self.group = group
    self.groupBits = groupBits
    self.cipher = cipher
    self.authentication = authentication
    self.plaintextBytes = plaintextBytes
    self.ciphertextBytes = ciphertextBytes
    self.sha256 = sha256
    self.keyConfirmed = keyConfirmed
    self.transcript = transcript
    self.publicValue = publicValue
    self.peerPublicValue = peerPublicValue
    self.insecure = insecure
    self.nanoseconds = nanoseconds
    self.marks = marks
    self.peakResidentBytes = peakResidentBytes
  }
}
