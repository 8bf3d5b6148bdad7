import LabResults

extension MarkdownReport {
  /// Pairs of boards as one table.
  func pairs() -> [String] {
    guard let set = ExchangeSet(report) else { return [] }
    var lines = ["### \(set.heading)", "", text("\(set.title): \(set.settings)."), ""]
    if let times = set.times {
      let words = "Times of whole exchanges at their receivers: \(times)."
      lines += [text([words, report.parallelWords].compactMap(\.self).joined(separator: " ")), ""]
    }
    lines += [
      "Milliseconds; senders in rows, receivers in columns.", "",
      row([""] + set.receivers), "|---|" + set.receivers.map { _ in "---:|" }.joined(),
    ]
    lines += set.senders.map { sender in
      row(
        [sender] + set.receivers.map { set.exchange(sender, $0).map(ExchangeSet.cell) ?? "" })
    }
    return lines + [""]
  }
}
