import LabResults

/// The drawings of a report's page, each to be had as a file.
public struct ReportDrawings {
  struct Entry {
    var name: String
    var title: String
    /// What it does not say itself.
    var description: String
    var drawing: Drawing
  }

  let entries: [Entry]
  private let size: DrawingSize

  /// - Parameter folder: That the report's file paths are relative to; without it there are no pictures.
  public init(_ report: RunResult, folder: String? = nil, size: DrawingSize = .column) {
    self.size = size
    entries =
      (folder.map { PicturesDrawing.all(report.shownExchanges, folder: $0, size) } ?? [])
      + (report.sweep.map { Self.ofSweep($0, size.frame) } ?? [])
      + report.shownExchanges.flatMap { Self.ofExchange($0, isShared: report.boardsShareClock) }
      + (report.tests.map(Self.ofTests) ?? [])
  }

  /// Pictures come first, then as on the page.
  public var names: [String] { entries.map(\.name) }

  /// As SVG for itself, with a newline at its end; nil where there is none of that name.
  /// - Throws: Only where a built-in template is broken, which is a bug.
  public func render(_ name: String) throws -> String? {
    guard let entry = entries.first(where: { $0.name == name }) else { return nil }
    let view = DrawingView(entry, size)
    guard let text = try Markup.library().render(view, withTemplate: "svg") else {
      throw HTMLReportError.templateMissing
    }
    return text
  }

  /// Plots of several panels have the panel's number.
  private static func ofSweep(_ sweep: SweepResult, _ frame: PlotFrame) -> [Entry] {
    let view = SweepView(sweep, frame: frame)
    let plots = view.panels.enumerated().flatMap { index, panel in
      panel.plots.map { plot in
        Entry(
          name: view.panels.count == 1 ? plot.kind.rawValue : "\(plot.kind.rawValue)-\(index + 1)",
          title: plot.title, description: plot.caption, drawing: .plot(plot))
      }
    }
    let links = view.links?.plot.map {
      Entry(name: "links", title: $0.title, description: "", drawing: .links($0))
    }
    let against = view.against?.compared.drawing.map {
      Entry(name: "against", title: $0.title, description: $0.caption, drawing: .intervals($0))
    }
    let curves = (view.links?.curves ?? []).map {
      Entry(name: $0.kind.rawValue, title: $0.title, description: $0.caption, drawing: .plot($0))
    }
    return plots + curves + [links, against].compactMap(\.self)
  }

  private static func ofExchange(_ exchange: ExchangeResult, isShared: Bool) -> [Entry] {
    let name = exchange.name
    func title(_ words: String) -> String { Human.printable("\(words). Exchange \(name).") }
    let sequence = SequenceView(exchange, id: "drawing").map {
      Entry(
        name: "sequence-\(name)", title: title($0.title), description: "\($0.steps) \($0.caption)",
        drawing: .sequence($0))
    }
    let lines = Timeline.make(exchange.results, sharedClock: isShared).map { line in
      let view = TimelineView(line, id: "drawing", isShared: isShared)
      return Entry(
        name: isShared ? "timing-\(name)" : "timing-\(name)-\(line.rows[0].board)",
        title: title(view.title), description: view.caption, drawing: .timeline(view))
    }
    return [sequence].compactMap(\.self) + lines
  }

  /// What attackers saw, of the cells that have a card.
  private static func ofTests(_ tests: TestResult) -> [Entry] {
    PlacedCell.explained(tests).prefix(ScenariosView.cardLimit).flatMap { placed in
      let exchanges = placed.cell.exchanges
      return exchanges.enumerated().compactMap { index, facts in
        let cell = "\(placed.scenario.name)-\(placed.cell.number)"
        return ofAttacker(facts, exchanges.count == 1 ? cell : "\(cell).\(index + 1)")
      }
    }
  }

  private static func ofAttacker(_ facts: ExchangeFacts, _ name: String) -> Entry? {
    let (frames, middle) = TestedExchangeView.drawings(facts, id: "drawing")
    if let middle {
      return Entry(
        name: "middle-\(name)", title: middle.title,
        description: "\(middle.steps) \(middle.caption)",
        drawing: .middle(middle))
    }
    return frames.map {
      Entry(
        name: "frames-\(name)", title: $0.title, description: "\($0.steps) \($0.caption)",
        drawing: .frames($0))
    }
  }
}

/// What is drawn, as the page has it.
enum Drawing {
  case plot(PlotView)
  case links(LinksPlot)
  case intervals(IntervalPlot)
  case timeline(TimelineView)
  case sequence(SequenceView)
  case frames(FaultSequenceView)
  case middle(MiddleView)
  case pictures(PicturesDrawing)

  var plot: PlotView? { if case .plot(let view) = self { view } else { nil } }
  var links: LinksPlot? { if case .links(let view) = self { view } else { nil } }
  var intervals: IntervalPlot? { if case .intervals(let view) = self { view } else { nil } }
  var timeline: TimelineView? { if case .timeline(let view) = self { view } else { nil } }
  var sequence: SequenceView? { if case .sequence(let view) = self { view } else { nil } }
  var frames: FaultSequenceView? { if case .frames(let view) = self { view } else { nil } }
  var middle: MiddleView? { if case .middle(let view) = self { view } else { nil } }
  var pictures: PicturesDrawing? {
    if case .pictures(let view) = self { view } else { nil }
  }

  /// Classes of the page's style.
  var kind: String {
    switch self {
    case .plot: "plot"
    case .intervals: "plot intervals"
    case .links, .timeline: "timeline"
    case .sequence, .frames: "sequence"
    case .middle: "sequence middle"
    case .pictures: "pictures"
    }
  }

  var height: Int {
    switch self {
    case .plot(let view): view.frame.height
    case .links(let view): view.height
    case .intervals(let view): view.height
    case .timeline(let view): view.height
    case .sequence(let view): view.height
    case .frames(let view): view.height
    case .middle(let view): view.height
    case .pictures(let view): view.height
    }
  }
}
