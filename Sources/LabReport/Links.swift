import LabResults

extension BoardReport {
  /// `link down (pilab link), delay 20ms (the manifest)`; nil for a board that is as boards are.
  var conditionWords: String? {
    var words: [String] = []
    if power == "off" { words.append("off (pilab kill)") }
    if link == "down" { words.append("link down (pilab link)") }
    if let impairment {
      words.append(impairment + (impairmentFrom == "manifest" ? " (manifest)" : " (pilab impair)"))
    }
    if let doubt { words.append("uncertain: \(doubt)") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}

extension RunResult {
  /// Of each board that is not as boards are, when the run began.
  var linkWords: [String] {
    boards.compactMap { board in board.conditionWords.map { "\(board.name): \($0)" } }
  }
}

extension [ChangeReport] {
  /// Commands with their times, the latest last; of many the latest.
  func words(limit: Int = 10) -> [String] {
    let more = count > limit ? ["… \(count - limit) before"] : []
    return more + suffix(limit).map { "\($0.at) \($0.command)" }
  }
}
