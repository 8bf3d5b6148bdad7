import LabResults

struct TimelineView {
  struct Bar {
    var phase: Int
    /// Percent of the axis.
    var x: String
    var width: String
  }

  struct Row {
    var board: String
    var labelY: Int
    var barY: Int
    var bars: [Bar]
  }

  /// Prefix of the identifiers inside, unique on the page.
  var id: String
  var title: String
  var height: Int
  var axisY: Int
  var length: String
  var rows: [Row]
  var caption: String

  init(_ timeline: Timeline, id: String, isShared: Bool) {
    let (pitch, length) = (44, Double(timeline.length))
    self.id = id
    height = timeline.rows.count * pitch + 16
    axisY = timeline.rows.count * pitch + 12
    self.length = Human.duration(nanoseconds: timeline.length)
    rows = timeline.rows.enumerated().map { index, row in
      Row(
        board: Human.shortened(Human.printable(row.board), to: 32), labelY: index * pitch + 14,
        barY: index * pitch + 21,
        bars: row.bars.map {
          Bar(
            phase: $0.phase, x: percent(Double($0.start) / length),
            width: percent(Double($0.duration) / length))
        })
    }
    let names = timeline.rows.map { Human.printable($0.board) }.joined(separator: " and ")
    title = "Time line of \(names), \(self.length) long"
    caption = Self.caption(timeline, isShared: isShared)
  }

  private static func caption(_ timeline: Timeline, isShared: Bool) -> String {
    let clock =
      isShared
      ? "One clock for both boards; zero is when the first of them was connected."
      : "Clock of this board alone; zero is when it was connected."
    let waits = timeline.rows.compactMap { row in
      row.waited.map { "\(row.board) \(Human.duration(nanoseconds: $0))" }
    }
    let waited =
      waits.isEmpty ? "" : " From program start to connection: \(waits.joined(separator: ", "))."
    return Human.unbroken(Human.printable(clock + waited))
  }
}

/// Times of one phase, the sender's first.
struct PhaseView {
  var phase: Int
  var name: String
  var times: [String]

  static func all(_ results: [BoardResult]) -> [PhaseView] {
    Phase.all.enumerated().map { index, phase in
      PhaseView(
        phase: index, name: phase.name,
        times: results.map { result in
          phase.range(in: result).map {
            Human.duration(nanoseconds: $0.upperBound - $0.lowerBound)
          } ?? "–"
        })
    }
  }
}

/// Busy times of one step, the sender's first.
struct StepView {
  struct Time {
    var text: String
    /// Percent of the longest step; nil without a bar.
    var bar: String?
  }

  var name: String
  var times: [Time]

  static func all(_ results: [BoardResult]) -> [StepView] {
    // The total is no step: measured against it the steps would all look short.
    let steps = results.flatMap { $0.nanoseconds.filter { $0.key != "total" }.values }
    let longest = steps.max() ?? 0
    return TimedStep.timed(by: results).map { step in
      StepView(
        name: Human.printable(step.name),
        times: results.map { result in
          guard let time = step.time(in: result) else { return Time(text: "–") }
          let hasBar = step.key != "total" && longest > 0
          return Time(
            text: Human.duration(nanoseconds: time),
            bar: hasBar ? percent(Double(time) / Double(longest)) : nil)
        })
    }
  }
}

/// Percent with two decimals, for SVG.
private func percent(_ share: Double) -> String {
  let hundredths = Int((share * 10_000).rounded())
  let fraction = hundredths % 100
  return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}
