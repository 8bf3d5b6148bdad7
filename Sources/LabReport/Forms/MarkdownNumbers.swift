import LabResults

extension MarkdownReport {
  /// The numbers of each exchange, large ones cut in the middle.
  func numbers() -> [String] {
    report.shownExchanges.flatMap { exchange -> [String] in
      guard let numbers = exchange.numbers else { return [] }
      let rows = NumberRows(numbers, isShort: true).rows
      var lines = ["### The numbers of \(text(exchange.name))", "", "| | |", "|---|---|"]
      lines += rows.map { "| \(text($0.label)) | \(text($0.formula)) |" }
      for row in rows where !row.steps.isEmpty {
        lines += ["", "\(text(row.label)):", ""] + row.steps.map { "    \(Human.printable($0))" }
      }
      return lines + [""]
    }
  }
}
