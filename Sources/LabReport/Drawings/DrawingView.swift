import LabResults

/// A drawing as a file, for the template `svg`: title, drawing and legend below each other on white.
struct DrawingView {
  struct Words {
    var x: Int
    var y: Int
    var text: String
  }

  struct LineKey {
    var style: Int
    var x: Int
    var y: Int
    var text: String
  }

  /// `before` or `after`, as its class is called.
  struct SideKey {
    var side: String
    var x: Int
    var y: Int
    var text: String
  }

  struct PhaseKey {
    var phase: Int
    var x: Int
    var y: Int
    var text: String
  }

  struct Box {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
  }

  var title: String
  var description: String
  var millimetresWide: String
  var millimetresHigh: String
  var width: Int
  var height: Int
  var style: String
  var ink: String
  var heading: [Words]
  /// Of the drawing.
  var body: Box
  var kind: String
  var lineKeys: [LineKey]
  var sideKeys: [SideKey]
  var phaseKeys: [PhaseKey]
  var plot: PlotView?
  var links: LinksPlot?
  var intervals: IntervalPlot?
  var timeline: TimelineView?
  var sequence: SequenceView?
  var frames: FaultSequenceView?
  var middle: MiddleView?
  var pictures: PicturesDrawing?

  static let edge = 10
  private static let line = 16

  init(_ entry: ReportDrawings.Entry, _ size: DrawingSize) {
    let (drawing, width) = (entry.drawing, size.frame.width)
    let inner = width - 2 * Self.edge
    title = entry.title
    description = entry.description
    heading = Self.broken(entry.title, to: inner / 8).enumerated().map { index, text in
      Words(x: Self.edge, y: 18 + index * Self.line, text: text)
    }
    let top = 18 + heading.count * Self.line
    // A plot has margins of its own.
    let isPlot = drawing.plot != nil || drawing.intervals != nil
    body = Box(
      x: isPlot ? 0 : Self.edge, y: top, width: isPlot ? width : inner, height: drawing.height)
    let keys = Self.flow(Self.keys(drawing), from: top + drawing.height + 8, inner)
    lineKeys =
      drawing.plot == nil ? [] : keys.map { .init(style: $0.key, x: $0.x, y: $0.y, text: $0.text) }
    sideKeys =
      drawing.intervals == nil
      ? []
      : keys.map { .init(side: Self.sides[$0.key], x: $0.x, y: $0.y, text: $0.text) }
    phaseKeys = isPlot ? [] : keys.map { .init(phase: $0.key, x: $0.x, y: $0.y, text: $0.text) }
    height = (keys.last.map { $0.y + Self.line } ?? top + drawing.height) + Self.edge
    self.width = width
    millimetresWide = "\(size.millimetres)"
    millimetresHigh = Plain.decimal(
      Double(height * size.millimetres) / Double(width), places: 2)
    let palette = Palette.printed
    style = palette.resolved(Markup.text(PackageResources.drawing_mustache))
    ink = palette.colours["ink"] ?? "#000000"
    kind = drawing.kind
    (plot, links, timeline) = (drawing.plot, drawing.links, drawing.timeline)
    intervals = drawing.intervals
    (sequence, frames, middle) = (drawing.sequence, drawing.frames, drawing.middle)
    pictures = drawing.pictures
  }

  private static let sides = ["before", "after"]

  /// What the colours and dashes stand for; drawings of messages have their words beside them.
  private static func keys(_ drawing: Drawing) -> [(key: Int, text: String)] {
    switch drawing {
    case .plot(let view): view.lines.map { ($0.style, $0.name) }
    case .timeline: Phase.all.enumerated().map { ($0, $1.name) }
    case .intervals(let view): [(0, view.before), (1, view.after)]
    case .links, .sequence, .frames, .middle, .pictures: []
    }
  }

  /// Beside each other as long as there is room. Fonts are the reader's, so widths are of wide letters.
  private static func flow(
    _ keys: [(key: Int, text: String)], from top: Int, _ room: Int
  ) -> [(key: Int, x: Int, y: Int, text: String)] {
    var (x, y) = (0, top)
    return keys.map { key, text in
      let width = 34 + text.count * 7
      if x > 0, x + width > room { (x, y) = (0, y + line + 2) }
      defer { x += width + 14 }
      return (key, edge + x, y, text)
    }
  }

  /// In lines of so many characters, but for a word that is longer.
  static func broken(_ text: String, to length: Int) -> [String] {
    text.split(separator: " ").reduce(into: []) { lines, word in
      if let last = lines.last, last.count + 1 + word.count <= length {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
  }
}

/// Colours of the page's style by their names.
struct Palette {
  /// Those of light pages, on white.
  static let printed: Palette = {
    var palette = Palette(Markup.text(PackageResources.palette_mustache))
    palette.colours["paper"] = "#ffffff"
    return palette
  }()

  var colours: [String: String]

  /// - Parameter style: `--name: colour;` and so on.
  init(_ style: String) {
    let found = style.matches(of: /--([a-z0-9-]+): (#[0-9a-f]+);/)
    colours = Dictionary(
      found.map { (String($0.1), String($0.2)) }, uniquingKeysWith: { first, _ in first })
  }

  /// A style with the colours in the place of their names, for programs that know no variables.
  func resolved(_ style: String) -> String {
    style.replacing(/var\(--([a-z0-9-]+)\)/) { colours[String($0.1)] ?? "#000000" }
  }
}
