import LabResults

/// What scenarios showed: the table of cells, then a card for each that needs explaining.
struct ScenariosView {
  /// Cards beyond it would make a page that nobody reads.
  static let cardLimit = 100
  /// Of those beyond it only the findings are unfolded.
  static let unfoldedLimit = 20

  var hasRows: Bool
  var rows: [CellRowView]
  var cells: [CellView]
  var leftOut: String?
  /// What was not asked for, and whose programs ran.
  var scope: [String]

  /// - Parameter areaLimit: pixels of the largest picture.
  init(_ tests: TestResult, folder: String, areaLimit: Int) {
    let maker = FigureMaker(areaLimit: areaLimit)
    let explained = PlacedCell.explained(tests)
    cells = explained.prefix(Self.cardLimit).enumerated().map { index, placed in
      CellView(placed, folds: index >= Self.unfoldedLimit, folder: folder, maker: maker)
    }
    let cards = Set(cells.map(\.id))
    rows = CellRow.rows(tests).map { CellRowView($0, cards: cards) }
    hasRows = !rows.isEmpty
    scope = tests.scope.map { Human.unbroken(Human.printable($0)) }
    let more = explained.count - cells.count
    leftOut =
      more > 0 ? "The details of \(more) more cells are only in report.json." : nil
  }

  /// Every picture on its cards.
  var figures: [FigureView] {
    cells.flatMap(\.exchanges).flatMap { $0.obtained?.figures ?? [] }
  }
}

/// A row of the table of cells.
struct CellRowView {
  /// Of a row of several cells.
  struct Line {
    var line: String
    /// Of its card; nil where there is none.
    var to: String?
  }

  var scenario: String
  var number: String
  /// Of its card; nil where there is none.
  var link: String?
  var exchange: String
  var mode: String
  var what: String
  var isFolded: Bool
  var folded: [Line]
  var remark: String?
  /// Class of the badge.
  var kind: String
  var words: String
  var time: String

  /// - Parameter cards: identifiers of the cells that have one.
  init(_ row: CellRow, cards: Set<String>) {
    func card(_ placed: PlacedCell) -> String? { cards.contains(placed.id) ? placed.id : nil }
    switch row {
    case .one(let placed): self.init(placed, link: card(placed))
    case .passed(let placed):
      self.init(placed, placed.map { Line(line: Self.line($0.cell), to: card($0)) })
    }
  }

  private init(_ placed: PlacedCell, link: String?) {
    let cell = placed.cell
    scenario = Human.printable(placed.scenario.name)
    number = "\(cell.number)"
    self.link = link
    exchange = Human.printable(cell.exchangeName ?? "–")
    mode = Human.printable(cell.mode)
    what = Human.printable(cell.faultWords)
    isFolded = false
    folded = []
    remark = cell.summary.map { Human.unbroken(Human.printable(Human.shortened($0, to: 200))) }
    kind = cell.verdict.rawValue
    words = cell.verdict.words
    time = Human.unbroken(CellRow.time([cell]))
  }

  private init(_ passed: [PlacedCell], _ lines: [Line]) {
    let cells = passed.map(\.cell)
    scenario = Human.printable(passed[0].scenario.name)
    number = CellRow.numbers(cells).replacing(" to ", with: "\u{A0}to\u{A0}")
    link = nil
    exchange = Human.printable(CellRow.exchanges(cells))
    mode = Human.printable(cells[0].mode)
    what = Human.printable(CellRow.faults(cells))
    isFolded = true
    folded = lines
    remark = nil
    kind = CellVerdict.passed.rawValue
    words = "\(cells.count) passed"
    time = Human.unbroken(CellRow.time(cells))
  }

  /// `3 sealed: cut at the sender's HELLO, 12.3 ms`.
  private static func line(_ cell: CellResult) -> String {
    let name = ["\(cell.number)", cell.exchange].compactMap(\.self).joined(separator: " ")
    let time = CellRow.time([cell])
    return Human.unbroken(Human.printable("\(name): \(cell.faultWords), \(time)"))
  }
}

extension CellResult {
  /// Whether there is more to tell of it than a row has: of what did not pass, and of who sat in the middle.
  var needsCard: Bool {
    switch verdict {
    case .skipped: false
    case .passed: exchanges.contains { $0.attacker?.isInTheMiddle ?? false }
    default: true
    }
  }
}

extension AttackerFacts {
  /// Whether it agreed on keys, or tried to, or got the image.
  var isInTheMiddle: Bool { !(legs ?? []).isEmpty || obtained != nil }
}
