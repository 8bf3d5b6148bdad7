import LabResults

/// A line for each exchange, the reason below those that failed, and each warning once.
struct BriefExchanges {
  private let all: [ExchangeResult]
  private let exchanges: [ExchangeResult]
  private let set: ExchangeSet?
  private let style: TerminalStyle
  private let width: Int

  init(_ report: RunResult, style: TerminalStyle, width: Int) {
    all = report.exchanges
    exchanges = report.shownExchanges
    set = ExchangeSet(report)
    self.style = style
    self.width = width
  }

  /// Of `12.6 ms` and the like, so that lines break at the same places whatever is measured.
  private static let timeWidth = 8

  func lines() -> [String] {
    guard !exchanges.isEmpty else { return setLines() + warnings() }
    let rows = exchanges.map(row)
    let widths = rows.reduce([0, 0, 0, Self.timeWidth]) { widest, row in
      zip(widest, row.columns).map { max($0, $1.count) }
    }
    var lines = [""]
    for (exchange, row) in zip(exchanges, rows) {
      lines += self.lines(row, widths, isGood: exchange.verdict == .identical)
      lines += reasons(exchange)
    }
    return lines + setLines() + warnings()
  }

  /// All pairs of boards.
  private func setLines() -> [String] {
    guard let set else { return [] }
    let ended = set.exchanges.count - set.failed.count
    let times = set.times.map { "; \($0)" } ?? ""
    let texts = [
      "\(set.heading): \(set.title): \(ended) identical, \(set.failed.count) failed\(times)",
      set.settings,
    ]
    return [""] + texts.flatMap { wrap(Human.printable($0), width: width) }
  }

  /// Beside the columns where there is room for it, else below them.
  private func lines(_ row: Row, _ widths: [Int], isGood: Bool) -> [String] {
    var cells = zip(row.columns, widths).map { $0.padded(to: $1) }
    cells[3] = row.columns[3].leftPadded(to: widths[3])
    let indent = widths.reduce(2 * widths.count, +)
    for (column, tint) in [(0, TerminalStyle.Tint.strong), (2, isGood ? .good : .bad)] {
      let text = row.columns[column]
      cells[column] = style.apply(tint, text) + cells[column].dropFirst(text.count)
    }
    let start = cells.joined(separator: "  ")
    guard indent - 2 <= width else {
      return [cells[0], "  \(row.columns[1])", "  \(row.columns[2]), \(row.columns[3])"]
        + wrap(row.what, width: width - 2).map { "  \($0)" }
    }
    guard width - indent >= 24 else {
      return [start] + wrap(row.what, width: width - 2).map { "  \($0)" }
    }
    let texts = wrap(row.what, width: width - indent)
    return ["\(start)  \(texts[0])"] + texts.dropFirst().map { "".padded(to: indent) + $0 }
  }

  private struct Row {
    /// Name, boards, verdict, time.
    var columns: [String]
    /// What was sent, and how.
    var what: String
  }

  private func row(_ exchange: ExchangeResult) -> Row {
    let image = exchange.image
    let time = exchange.receiverResult?.nanoseconds["total"]
    return Row(
      columns: [
        exchange.name, "\(exchange.sender) → \(exchange.receiver)", exchange.verdict.rawValue,
        time.map { Human.duration(nanoseconds: $0) } ?? "–",
      ].map(Human.printable),
      what: Human.printable(
        "\(image.name), \(Human.bytes(image.bytes)), \(exchange.cipher), \(exchange.group)"))
  }

  private func reasons(_ exchange: ExchangeResult) -> [String] {
    var lines: [String] = []
    if let failure = exchange.failure {
      lines += indented("\(failure.code.name), \(Wording.place(failure)): \(failure.told)", .bad)
      if let hint = failure.hint { lines += indented("What to do: \(hint)") }
    } else if exchange.verdict == .different {
      lines += indented(Wording.verdict(exchange), .bad)
    }
    if let capture = exchange.capture {
      let claim = WireWording.foremost(capture)
      lines += indented(
        "On the wire: \(WireWording.verdicts(capture))"
          + (claim.map { ". \($0.claim) \($0.finding)" } ?? ""),
        claim.map { $0.verdict == .refuted ? .bad : .warning } ?? .faint)
    }
    return lines
  }

  private func indented(_ text: String, _ tint: TerminalStyle.Tint? = nil) -> [String] {
    wrap(Human.printable(text), width: width - 2).map { line in
      "  " + (tint.map { style.apply($0, line) } ?? line)
    }
  }

  /// Each once, with the exchanges that it is of where these are not all.
  private func warnings() -> [String] {
    var seen: [String] = []
    for warning in all.flatMap(\.warnings) where !seen.contains(warning) {
      seen.append(warning)
    }
    let lines = seen.flatMap { warning -> [String] in
      let names = all.filter { $0.warnings.contains(warning) }.map(\.name)
      let few = names.count <= 10 ? names.joined(separator: ", ") : "\(names.count) exchanges"
      let whose = names.count == all.count ? "" : "\(few): "
      return wrap(Human.printable("Warning: \(whose)\(warning)"), width: width)
        .map { style.apply(.warning, $0) }
    }
    return lines.isEmpty ? [] : [""] + lines
  }
}
