import Foundation
import LabResults

extension SweepView {
  /// Each series beside the first; nil where there is but one, or too little was measured.
  static func ratios(
    _ series: [SweepSeries], id: String, heading: String, frame: PlotFrame,
    name: (SweepSeries) -> String
  ) -> PlotView? {
    let drawn = series.map { one in
      PlotView.Series(name: name(one), marks: marks(one, beside: series[0]), fit: nil)
    }
    guard drawn.contains(where: { $0.marks.contains { $0.upper > $0.lower } }) else { return nil }
    return PlotView(
      .ratio, id: "\(id)-ratio",
      title: "Time as a multiple of the first cipher's, over the image's size. \(heading).",
      unit: "time as a multiple of the first cipher's, logarithmic",
      caption: "Time as a multiple of that of the first cipher. Bars: 95 % confidence intervals.",
      series: drawn, frame: frame, ticks: ratioTicks)
  }

  private static func marks(_ one: SweepSeries, beside first: SweepSeries) -> [PlotView.Mark] {
    one.points.compactMap { point in
      let bytes = Double(point.image.bytes)
      if one.setting == first.setting {
        return .init(x: bytes, lower: 1, middle: 1, upper: 1)
      }
      let base = first.points.first { $0.image.bytes == point.image.bytes }
      return base.flatMap {
        TimeRatio(point.times(.exchange), to: $0.times(.exchange))
      }.map { .init(x: bytes, lower: $0.lower, middle: $0.middle, upper: $0.upper) }
    }
  }

  /// Round multiples, at most seven.
  static func ratioTicks(_ scale: LogScale) -> [LogScale.Tick] {
    // Beyond a few multiples equal steps crowd at one end.
    guard scale.upper / scale.lower < 4 else {
      return scale.decimalTicks(most: 7) { "× \(Plain.decimal($0, places: $0 < 1 ? 2 : 0))" }
    }
    for step in [0.05, 0.1, 0.2, 0.5, 1, 2, 5] {
      let (first, last) = ((scale.lower / step).rounded(.up), (scale.upper / step).rounded(.down))
      guard first <= last, last - first < 7 else { continue }
      let values = stride(from: first, through: last, by: 1).map { $0 * step }
      return values.map {
        .init(value: $0, label: "× \(Plain.decimal($0, places: step < 0.1 ? 2 : 1))")
      }
    }
    return scale.decimalTicks(most: 7) { "× \(Plain.decimal($0, places: $0 < 1 ? 2 : 0))" }
  }
}
