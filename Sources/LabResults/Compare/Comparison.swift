/// Two runs beside each other, point by point: time of the whole exchange at the receiver.
public struct Comparison: Sendable, Equatable, Encodable {
  /// Expected share of chance among the differences that are called faster or slower.
  static let level = 0.05

  public var schemaVersion = 1
  public var before: Side
  public var after: Side
  /// The boards' links were not the same, so that times tell of the links too.
  public var linksDiffer: Bool
  /// Why the runs' times are not to be compared: other machines, other boards, other links, other load. A
  /// sentence each.
  public var differences: [String]
  /// No point has a verdict, because of the differences.
  public var isRefused: Bool
  /// The test, in a sentence.
  public var test: String
  /// In the order of the first run.
  public var points: [ComparedPoint]
  /// Names of points that only one of the runs has.
  public var onlyBefore: [String]
  public var onlyAfter: [String]

  /// What is compared.
  public struct Side: Sendable, Equatable, Encodable {
    public var lab: String
    public var startedAt: String
    public var pilabVersion: String
    public var maker: String
    public var processor: String
    /// Logical ones.
    public var processors: Int
    public var kernel: String
    /// Of each board: `good`, `link down`, or what impaired its link.
    public var links: [String: String]
    /// What was done to the lab during the run.
    public var changes: [String]
    /// Of the whole run, its sweep included.
    public var verdict: Outcome
    /// Names of the exchanges of which a check is refuted.
    public var failed: [String]

    init(_ report: RunResult) {
      lab = report.lab
      startedAt = report.startedAt
      pilabVersion = report.pilabVersion
      maker = report.maker
      processor = report.environment.processor
      processors = report.environment.processors
      kernel = report.environment.kernel
      links = Dictionary(report.boards.map { ($0.name, $0.linkState) }) { first, _ in first }
      changes = report.changesDuring.map(\.command)
      verdict = report.verdict
      failed = report.exchanges.filter { $0.allChecks.worst == .refuted }.map(\.name)
    }

    /// How the board's link was; `good` where the run knows of no such board.
    public func link(of board: String) -> String { links[board] ?? "good" }
  }

  /// Points of the sweeps, and the exchanges by themselves, which were timed once.
  /// - Parameter despite: compare the times of unlike runs all the same.
  public init(
    _ before: RunResult, _ after: RunResult, despiteDifferences despite: Bool = false
  ) {
    self.before = Side(before)
    self.after = Side(after)
    let sides = (self.before, self.after)
    let links = Self.linkDifference(sides.0, sides.1)
    linksDiffer = links != nil
    let load = Self.loadDifference(before.sweep?.paces ?? [], after.sweep?.paces ?? [])
    differences = Self.machineDifferences(sides.0, sides.1) + [links, load].compactMap(\.self)
    isRefused = !despite && !differences.isEmpty
    let (old, new) = (Self.points(before), Self.points(after))
    let found = Dictionary(new.map { ($0.name, $0.times) }) { first, _ in first }
    points = ComparedPoint.judged(
      old.compactMap { point in
        found[point.name].map { .init(name: point.name, before: point.times, after: $0) }
      }, level: Self.level)
    let names = (old: Set(old.map(\.name)), new: Set(new.map(\.name)))
    onlyBefore = old.map(\.name).filter { !names.new.contains($0) }
    if isRefused { points = points.map(\.unjudged) }
    onlyAfter = new.map(\.name).filter { !names.old.contains($0) }
    test =
      "Mann-Whitney test of the measurements of each point, two-sided; probabilities are corrected for "
      + "the number of points after Benjamini and Hochberg, and those up to 0.05 count as beyond noise."
  }

  /// Points that became slower beyond noise, by more than `share` of their former median.
  public func regressions(beyond share: Double) -> [ComparedPoint] {
    points.slower(beyond: share)
  }

  /// How many points came out so.
  public func count(_ verdict: ComparedPoint.Verdict) -> Int {
    points.count { $0.verdict == verdict }
  }

  private static func points(_ report: RunResult) -> [(name: String, times: [Double])] {
    let exchanges = report.exchanges.map { exchange in
      let point = SweepPoint(exchange, mode: report.mode)
      return (name: "exchange \(exchange.name), \(point.name)", times: point.times(.exchange))
    }
    return exchanges + (report.sweep?.points ?? []).map { ($0.name, $0.times(.exchange)) }
  }
}
