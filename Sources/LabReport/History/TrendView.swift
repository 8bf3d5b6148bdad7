import LabResults

/// One point over time as a small plot: runs evenly from left to right, times from zero upwards.
struct TrendView {
  struct Dot {
    var x: String
    var y: String
    /// Of the run, for who points at it.
    var title: String
  }

  /// Where another version of pilab, or another machine, begins.
  struct Mark {
    var x: String
    var label: String
    /// Text goes to the left of it where it stands at the right edge.
    var anchor: String
  }

  static let width = 640.0
  static let height = 132.0
  private static let edge = (left: 4.0, right: 636.0, top: 26.0, bottom: 112.0)

  var id: String
  var name: String
  var line: String
  var dots: [Dot]
  var marks: [Mark]
  var top: String
  var summary: String

  /// - Parameter name: of a point that two runs or more have measured.
  init(_ name: String, id: String, in runs: [RunHistory.Entry]) {
    let measured = runs.compactMap { run -> (String, RunHistory.Summary, RunHistory.Time)? in
      guard let summary = run.summary, let time = summary.times[name] else { return nil }
      return (run.name, summary, time)
    }
    let most = measured.map(\.2.median).max() ?? 1
    let step = (Self.edge.right - Self.edge.left - 12) / Double(max(1, measured.count - 1))
    func x(_ index: Int) -> Double { Self.edge.left + 6 + Double(index) * step }
    func y(_ time: Double) -> Double {
      Self.edge.bottom - time / most * (Self.edge.bottom - Self.edge.top)
    }
    self.id = id
    self.name = Human.unbroken(Human.printable(name))
    dots = measured.enumerated().map { index, run in
      let times = run.2.count == 1 ? "measured once" : "median of \(run.2.count)"
      return Dot(
        x: Self.text(x(index)), y: Self.text(y(run.2.median)),
        title: Human.printable("\(run.1.startedAt): \(Human.time(run.2.median)), \(times)"))
    }
    line = dots.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    marks = measured.indices.compactMap { index in
      Self.mark(measured[index].1, after: index == 0 ? nil : measured[index - 1].1, x: x(index))
    }
    top = Human.time(most)
    let (first, last) = (measured.first?.2.median ?? 0, measured.last?.2.median ?? 0)
    let change = first > 0 ? Int(((last / first - 1) * 100).rounded()) : 0
    summary = Human.unbroken(
      "\(measured.count) runs; first \(Human.time(first)), last \(Human.time(last)), "
        + (change == 0 ? "the same" : "\(abs(change)) % \(change > 0 ? "more" : "less")"))
  }

  private static func mark(
    _ run: RunHistory.Summary, after earlier: RunHistory.Summary?, x: Double
  ) -> Mark? {
    var changes: [String] = []
    if earlier?.version != run.version { changes.append("pilab \(run.version)") }
    if let earlier, earlier.machine != run.machine { changes.append("another machine or kernel") }
    guard !changes.isEmpty else { return nil }
    return Mark(
      x: text(x), label: Human.printable(changes.joined(separator: ", ")),
      anchor: x > width * 0.7 ? "end" : "start")
  }

  private static func text(_ value: Double) -> String { Plain.decimal(value, places: 1) }
}
