import LabResults

/// All pairs of boards as a table: who sends is in the rows.
struct PairsView {
  struct Row {
    var board: String
    var cells: [Cell]
  }

  struct Cell {
    var text: String
    /// Of its colour: the outcome, or nothing.
    var verdict: String
    var hasFailed: Bool
  }

  var heading: String
  var title: String
  var settings: String
  var times: String?
  var parallel: String?
  var receivers: [String]
  var rows: [Row]
  var outcome: String

  init?(_ report: RunResult) {
    guard let set = ExchangeSet(report) else { return nil }
    heading = set.heading
    title = Human.unbroken(Human.printable(set.title))
    settings = Human.printable(set.settings)
    times = set.times
    parallel = report.parallelWords
    receivers = set.receivers.map(Human.printable)
    let failed = set.failed.count
    outcome =
      failed == 0
      ? "In all of them the image arrived exactly as it was sent."
      : "\(failed) of them did not deliver their image; the first of these stand below in full."
    rows = set.senders.map { sender in
      Row(
        board: Human.printable(sender),
        cells: set.receivers.map { Self.cell(set.exchange(sender, $0)) })
    }
  }

  private static func cell(_ exchange: ExchangeResult?) -> Cell {
    guard let exchange else { return Cell(text: "", verdict: "", hasFailed: false) }
    let hasFailed = exchange.verdict != .identical
    return Cell(
      text: ExchangeSet.cell(exchange), verdict: exchange.verdict.rawValue, hasFailed: hasFailed)
  }
}
