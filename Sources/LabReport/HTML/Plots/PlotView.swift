import Foundation
import LabResults

/// Lines over the image's size, or another quantity, on two logarithmic axes, for the template `plot`.
struct PlotView {
  /// What it shows, by the name that it has as a file.
  enum Kind: String {
    case time, throughput, ratio
    case byRate = "throughput-by-rate"
    case byDelay = "throughput-by-delay"
    case byLoss = "throughput-by-loss"
  }

  struct Tick {
    /// Along the axis.
    var place: String
    /// Where the text's baseline lies, of ticks of the vertical axis.
    var textY: String
    var label: String
  }

  struct Line {
    /// Place among the colours and dashes of the style.
    var style: Int
    var name: String
    /// Paths of SVG; empty ones draw nothing.
    var line: String
    var dots: String
    var bars: String
    var fit: String
  }

  /// One value of a series.
  struct Mark {
    /// Bytes, or what the axis has.
    var x: Double
    var lower: Double
    var middle: Double
    var upper: Double
  }

  struct Series {
    var name: String
    var marks: [Mark]
    /// The straight line, drawn as it is on logarithmic axes; nil without.
    var fit: ((Double) -> Double)?
  }

  /// The horizontal axis.
  struct Axis: Sendable {
    var title: String
    var label: @Sendable (Double) -> String

    static let size = Self(title: "size of the image, logarithmic", label: PlotView.sizeLabel)
  }

  var kind: Kind
  var id: String
  var title: String
  /// Of the vertical axis; its ticks have the units.
  var unit: String
  var xTitle: String
  var xTicks: [Tick]
  var yTicks: [Tick]
  var lines: [Line]
  var caption: String
  var frame: PlotFrame

  /// Nil where there is nothing to draw.
  init?(
    _ kind: Kind, id: String, title: String, unit: String, caption: String, series: [Series],
    frame: PlotFrame, axis: Axis = .size, ticks: (LogScale) -> [LogScale.Tick]
  ) {
    let marks = series.flatMap(\.marks)
    guard let x = LogScale(marks.map(\.x), from: Double(frame.left), to: Double(frame.right)),
      let y = LogScale(
        marks.flatMap { [$0.lower, $0.middle, $0.upper] }, from: Double(frame.bottom),
        to: Double(frame.top))
    else { return nil }
    self.kind = kind
    self.id = id
    self.title = Human.printable(title)
    self.unit = unit
    self.caption = caption
    self.frame = frame
    xTitle = axis.title
    xTicks = Self.valueTicks(marks.map(\.x), x, axis.label)
    yTicks = ticks(y).map {
      Tick(
        place: Plain.coordinate(y.place($0.value)), textY: Plain.coordinate(y.place($0.value) + 4),
        label: Human.unbroken($0.label))
    }
    let shifts = Self.shifts(series, y)
    lines = series.enumerated().map { index, series in
      Self.line(series, style: index % 4, shifts[index], x, y)
    }
  }

  /// At the values that were measured; a label only where it has room beside its neighbours'.
  static func valueTicks(
    _ sizes: [Double], _ x: LogScale, _ label: (Double) -> String = sizeLabel
  ) -> [Tick] {
    let room = 46.0
    let places = Set(sizes).sorted().map { (size: $0, place: x.place($0)) }
    guard let last = places.last else { return [] }
    var free = -Double.infinity
    return places.map { size, place in
      let fits = place >= free && (size == last.size || place + room <= last.place)
      if fits { free = place + room }
      let label = fits ? Human.unbroken(label(size)) : ""
      return Tick(place: Plain.coordinate(place), textY: "", label: label)
    }
  }

  /// Short, as it stands beside others.
  fileprivate static func sizeLabel(_ size: Double) -> String {
    let exact = Human.exactBytes(UInt64(size))
    return exact.count <= 8 ? exact : Human.bytes(UInt64(size))
  }

  /// How far each mark goes sideways, so that those that would cover another of the same size stand beside it.
  static func shifts(_ series: [Series], _ y: LogScale) -> [[Double]] {
    let (pitch, reach) = (4.0, 7.0)
    let middle = Double(series.count - 1) / 2
    return series.enumerated().map { index, one in
      one.marks.map { mark in
        let isCovered = series.enumerated().contains { other, another in
          other != index
            && another.marks.contains {
              $0.x == mark.x && abs(y.place($0.middle) - y.place(mark.middle)) < reach
            }
        }
        return isCovered ? (Double(index) - middle) * pitch : 0
      }
    }
  }

  private static func line(
    _ series: Series, style: Int, _ shifts: [Double], _ x: LogScale, _ y: LogScale
  ) -> Line {
    let places = zip(series.marks, shifts).map { ($0, Plain.coordinate(x.place($0.x) + $1)) }
    let points = places.map { ($0.1, Plain.coordinate(y.place($0.0.middle))) }
    let bars = places.filter { $0.0.upper > $0.0.lower }.map { mark, place in
      "M\(place) \(Plain.coordinate(y.place(mark.lower)))V\(Plain.coordinate(y.place(mark.upper)))"
    }
    return Line(
      style: style, name: Human.printable(series.name),
      // Marks stand beside each other where they would cover each other; lines lead through the sizes themselves.
      line: points.isEmpty
        ? ""
        : "M"
          + series.marks.map {
            "\(Plain.coordinate(x.place($0.x))) \(Plain.coordinate(y.place($0.middle)))"
          }
          .joined(separator: "L"),
      dots: points.map { "M\($0.0) \($0.1)h0" }.joined(), bars: bars.joined(),
      fit: series.fit.map { curve($0, x, y) } ?? "")
  }

  /// Straight on linear axes is curved on these.
  private static func curve(
    _ fit: (Double) -> Double, _ x: LogScale, _ y: LogScale
  ) -> String {
    let steps = 32
    let places = (0...steps).map { step -> (Double, Double) in
      let size = x.lower * pow(x.upper / x.lower, Double(step) / Double(steps))
      return (size, fit(size))
    }
    let inside = places.filter { $0.1 > y.lower && $0.1 < y.upper }
    guard inside.count > 1 else { return "" }
    return "M"
      + inside.map { "\(Plain.coordinate(x.place($0.0))) \(Plain.coordinate(y.place($0.1)))" }
      .joined(separator: "L")
  }
}
