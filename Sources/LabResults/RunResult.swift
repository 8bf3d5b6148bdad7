/// What one `pilab run` did and found; `report.json` is its encoding, every other form is rendered from it.
public struct RunResult: Codable, Sendable, Equatable {
  public var schemaVersion = 1
  public var pilabVersion: String
  public var lab: String
  /// Backend that made the boards.
  public var mode: String
  /// What ran virtual machines' instructions: `QEMU 7.2.22, TCG`; nil where boards are no virtual machines.
  public var engine: String?
  /// True where each board has a clock of its own, so that times of two boards cannot be compared; else nil.
  public var ownClocks: Bool?
  /// ISO 8601, UTC.
  public var startedAt: String
  public var durationNanoseconds: UInt64
  public var environment: RunEnvironment
  public var boards: [BoardReport]
  public var exchanges: [ExchangeResult]
  /// How many exchanges were run at once; nil where it was one.
  public var parallel: Int?
  /// How many exchanges the manifest's all-pairs has, where only some of them were asked for; else nil.
  public var pairs: Int?
  /// What was done to the lab since it was up; nil where nothing was.
  public var changes: [ChangeReport]?
  /// Nil where the manifest has none.
  public var sweep: SweepResult?
  /// Nil where no scenarios were tried.
  public var tests: TestResult?

  public init(
    pilabVersion: String, lab: String, mode: String, startedAt: String,
    durationNanoseconds: UInt64, environment: RunEnvironment, boards: [BoardReport],
    exchanges: [ExchangeResult], sweep: SweepResult? = nil
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

extension RunResult {
  /// The run's mode; of scenarios the modes of all cells that were tried.
  public var modes: [String] {
    var modes: [String] = []
    for cell in tests?.cells ?? [] where !cell.attempts.isEmpty && !modes.contains(cell.mode) {
      modes.append(cell.mode)
    }
    return modes.isEmpty ? [mode] : modes
  }

  /// The modes, and for virtual machines of the run's own their engine.
  public var maker: String {
    let own = engine.map { "\(mode) (\($0))" } ?? mode
    return modes.map { $0 == mode ? own : $0 }.joined(separator: ", ")
  }
}

extension RunResult {
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
    try values.encodeIfPresent(ownClocks, forKey: .ownClocks)
    try values.encode(startedAt, forKey: .startedAt)
    try values.encode(durationNanoseconds, forKey: .durationNanoseconds)
    try values.encode(environment, forKey: .environment)
    try values.encode(boards, forKey: .boards)
    try values.encode(exchanges, forKey: .exchanges)
    try values.encodeIfPresent(parallel, forKey: .parallel)
    try values.encodeIfPresent(pairs, forKey: .pairs)
    try values.encodeIfPresent(changes, forKey: .changes)
    try values.encodeIfPresent(sweep, forKey: .sweep)
    try values.encodeIfPresent(tests, forKey: .tests)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    try derived.encode(verdict, forKey: .verdict)
  }
}

/// The machine that a run was made on.
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
