import LabResults

/// The runs of a lab, the oldest first: how each ended, and how long its points took.
public struct RunHistory: Sendable {
  let lab: String
  private(set) var runs: [Entry] = []

  public init(lab: String) { self.lab = lab }

  /// One run; of its report only what the page shows is kept, because there may be hundreds.
  struct Entry: Sendable {
    var name: String
    /// Nil where the report cannot be read.
    var summary: Summary?
  }

  struct Summary: Sendable {
    var startedAt: String
    var mode: String
    var version: String
    var nanoseconds: UInt64
    var hasSucceeded: Bool
    /// `identical`, `not as expected`.
    var outcome: String
    /// What was done, counted.
    var contents: String
    /// Median of the whole exchange in nanoseconds, and how many measurements it is of, by point.
    var times: [String: Time]
    /// Processor and kernel: times of other machines are not comparable.
    var machine: String
  }

  struct Time: Sendable, Equatable {
    var median: Double
    var count: Int
  }

  /// - Parameters:
  ///   - name: the run's, which is its folder beside the page.
  ///   - report: nil where it cannot be read.
  public mutating func add(_ name: String, _ report: RunResult?) {
    runs.append(Entry(name: name, summary: report.map(Summary.init)))
  }

  /// Points that two or more runs have measured, in the order in which they came.
  var points: [String] {
    var counts: [String: Int] = [:]
    var names: [String] = []
    for run in runs {
      for name in (run.summary?.times ?? [:]).keys.sorted() {
        if counts[name] == nil { names.append(name) }
        counts[name, default: 0] += 1
      }
    }
    return names.filter { counts[$0, default: 0] > 1 }
  }
}

extension RunHistory.Summary {
  init(_ report: RunResult) {
    startedAt = report.startedAt
    mode = report.modes.joined(separator: ", ")
    version = report.pilabVersion
    nanoseconds = report.durationNanoseconds
    hasSucceeded = report.hasSucceeded
    outcome = report.tests?.outcome ?? report.verdict.rawValue
    machine = "\(report.environment.processor), \(report.environment.kernel)"
    contents = Self.contents(report)
    var found: [String: RunHistory.Time] = [:]
    let own = report.tests == nil ? report.exchanges.filter { $0.set == nil } : []
    for (name, point) in own.map({ ($0.name, SweepPoint($0, mode: report.mode)) })
      + (report.sweep?.points ?? []).map({ ("sweep", $0) })
    {
      guard let times = point.distribution(.exchange) else { continue }
      found["\(name): \(point.name)"] = RunHistory.Time(median: times.median, count: times.count)
    }
    times = found
  }

  private static func contents(_ report: RunResult) -> String {
    if let tests = report.tests { return Human.counted(tests.cells.count, "cell") }
    let exchanges =
      report.exchanges.isEmpty ? nil : Human.counted(report.exchanges.count, "exchange")
    let points = report.sweep.map { Human.counted($0.points.count, "point") }
    return [exchanges, points].compactMap(\.self).joined(separator: ", ")
  }
}
