import Foundation
import LabResults

/// Compared points below each other: the times of both sides as multiples of the first one's median, with their quartiles.
/// For the template `intervals`.
struct IntervalPlot {
  struct Tick {
    var x: String
    var label: String
  }

  struct Row {
    var name: String
    var nameY: String
    /// Paths of SVG.
    var beforeBar: String
    var beforeDot: String
    var afterBar: String
    var afterDot: String
    /// Class of what came out.
    var verdict: String
  }

  var title: String
  var caption: String
  var width: Int
  var height: Int
  /// Of the width.
  var middle: Int
  /// Where the rows end, and where the ticks' labels stand.
  var bottom: String
  var labelY: String
  var titleY: String
  /// Of the line at which nothing has changed.
  var unity: String
  var ticks: [Tick]
  var rows: [Row]
  var before: String
  var after: String

  // The template has the same numbers.
  private static let (left, top, pitch) = (12.0, 8.0, 36.0)
  static let limit = 24
  /// Of wide letters, as fonts are the reader's.
  private static let letterWidth = 7

  /// Nil where nothing was measured on both sides.
  init?(
    _ points: [ComparedPoint], before: String, after: String, frame: PlotFrame = .column
  ) {
    let drawn = Self.chosen(points)
    let ends = drawn.flatMap { [$0.before, $0.after] }.flatMap {
      [$0.lowerQuartile, $0.upperQuartile]
    }
    guard !drawn.isEmpty,
      let scale = LogScale(
        ends + [1], from: Self.left, to: Double(frame.width) - Self.left, margin: 1.04)
    else { return nil }
    let room = (frame.width - 2 * Int(Self.left)) / Self.letterWidth
    rows = drawn.enumerated().map { Self.row($1, at: Double($0), scale, room) }
    let end = Self.top + Double(drawn.count) * Self.pitch
    bottom = Plain.coordinate(end)
    (labelY, titleY, height) = (
      Plain.coordinate(end + 16), Plain.coordinate(end + 34), Int(end) + 42
    )
    (width, middle) = (frame.width, frame.width / 2)
    title = "Times of \(before) (grey) and \(after), as multiples of the first one's median"
    unity = Plain.coordinate(scale.place(1))
    ticks = Self.ticks(scale)
    self.before = before
    self.after = after
    let left = points.count - drawn.count
    caption =
      "Dots: medians. Bars: quartiles. Red: slower beyond noise; green: faster."
      + (left > 0
        ? " Drawn are the \(drawn.count) points that differ most; the table has all." : "")
  }

  /// Labels only where they have room beside that of unity, and beside each other.
  private static func ticks(_ scale: LogScale) -> [Tick] {
    let room = 40.0
    var kept = [scale.place(1)]
    return SweepView.ratioTicks(scale).map { tick in
      let place = scale.place(tick.value)
      let fits = kept.allSatisfy { abs($0 - place) >= room }
      if fits { kept.append(place) }
      let isUnity = abs(tick.value - 1) < 1e-9
      return Tick(
        x: Plain.coordinate(place), label: fits || isUnity ? Human.unbroken(tick.label) : "")
    }
  }

  /// A point's times as multiples of its first median.
  private struct Relative {
    var name: String
    var before: Distribution
    var after: Distribution
    var verdict: ComparedPoint.Verdict
  }

  /// Those that differ most, in the order of the runs.
  private static func chosen(_ points: [ComparedPoint]) -> [Relative] {
    let all = points.compactMap { point -> (distance: Double, value: Relative)? in
      guard let before = point.before, let after = point.after, let ratio = point.ratio,
        before.median > 0, after.minimum > 0, ratio > 0,
        let first = before.divided(by: before.median), let second = after.divided(by: before.median)
      else { return nil }
      return (
        abs(log(ratio)),
        Relative(name: point.name, before: first, after: second, verdict: point.verdict)
      )
    }
    let least = all.map(\.distance).sorted(by: >).prefix(limit).last ?? 0
    return Array(all.filter { $0.distance >= least }.map(\.value).prefix(limit))
  }

  private static func row(_ point: Relative, at index: Double, _ scale: LogScale, _ room: Int)
    -> Row
  {
    let y = top + index * pitch
    func bar(_ times: Distribution, _ y: Double) -> String {
      "M\(Plain.coordinate(scale.place(times.lowerQuartile))) \(Plain.coordinate(y))H\(Plain.coordinate(scale.place(times.upperQuartile)))"
    }
    func dot(_ times: Distribution, _ y: Double) -> String {
      "M\(Plain.coordinate(scale.place(times.median))) \(Plain.coordinate(y))h0"
    }
    return Row(
      name: Human.shortened(Human.printable(point.name), to: room), nameY: Plain.coordinate(y + 11),
      beforeBar: bar(point.before, y + 18),
      beforeDot: dot(point.before, y + 18), afterBar: bar(point.after, y + 26),
      afterDot: dot(point.after, y + 26), verdict: point.verdict.rawValue)
  }
}

extension Distribution {
  /// Of the values in units of another; nil where that is no unit.
  fileprivate func divided(by unit: Double) -> Distribution? {
    Distribution([minimum, lowerQuartile, median, upperQuartile, maximum].map { $0 / unit })
  }
}
