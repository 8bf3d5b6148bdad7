import Foundation
import LabResults

/// Lines over the image's size on two logarithmic axes, for the template `plot`.
struct PlotView {
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
    /// Bytes.
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

  var id: String
  var title: String
  var unit: String
  var xTicks: [Tick]
  var yTicks: [Tick]
  var lines: [Line]
  var caption: String

  // The template has the same numbers.
  private static let (left, right, top, bottom) = (70.0, 336.0, 14.0, 232.0)

  /// Nil where there is nothing to draw.
  init?(
    id: String, title: String, unit: String, caption: String, series: [Series],
    ticks: (LogScale) -> [LogScale.Tick]
  ) {
    let marks = series.flatMap(\.marks)
    guard let x = LogScale(marks.map(\.x), from: Self.left, to: Self.right),
      let y = LogScale(
        marks.flatMap { [$0.lower, $0.middle, $0.upper] }, from: Self.bottom, to: Self.top)
    else { return nil }
    self.id = id
    self.title = Human.printable(title)
    self.unit = unit
    self.caption = caption
    xTicks = x.binaryTicks(most: 6) { Human.exactBytes(UInt64($0)) }.map {
      Tick(place: number(x.place($0.value)), textY: "", label: Human.unbroken($0.label))
    }
    yTicks = ticks(y).map {
      Tick(
        place: number(y.place($0.value)), textY: number(y.place($0.value) + 4),
        label: Human.unbroken($0.label))
    }
    lines = series.enumerated().map { index, series in
      Self.line(series, style: index % 4, x, y)
    }
  }

  private static func line(_ series: Series, style: Int, _ x: LogScale, _ y: LogScale) -> Line {
    let points = series.marks.map { (number(x.place($0.x)), number(y.place($0.middle))) }
    let bars = series.marks.filter { $0.upper > $0.lower }.map {
      "M\(number(x.place($0.x))) \(number(y.place($0.lower)))V\(number(y.place($0.upper)))"
    }
    return Line(
      style: style, name: Human.printable(series.name),
      line: points.isEmpty ? "" : "M" + points.map { "\($0.0) \($0.1)" }.joined(separator: "L"),
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
      + inside.map { "\(number(x.place($0.0))) \(number(y.place($0.1)))" }.joined(separator: "L")
  }
}

/// With one decimal, for SVG.
private func number(_ value: Double) -> String { Plain.decimal(value, places: 1) }
