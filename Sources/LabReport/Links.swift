/// Something that was done to a lab while it was up.
public struct ChangeReport: Codable, Sendable, Equatable {
  /// ISO 8601, UTC.
  public var at: String
  /// `impair`, `clear`, `link-down`, `link-up`, `kill`, `reboot`, `snapshot`, `restore` or `delete-snapshot`.
  public var kind: String
  /// Nil for what is done to all boards.
  public var board: String?
  /// The impairment, or the snapshot's name.
  public var detail: String?
  /// As one writes it.
  public var command: String
  /// The run was under way; else it had been done before.
  public var duringRun: Bool

  public init(
    at: String, kind: String, board: String? = nil, detail: String? = nil, command: String,
    duringRun: Bool
  ) {
    self.at = at
    self.kind = kind
    self.board = board
    self.detail = detail
    self.command = command
    self.duringRun = duringRun
  }
}

extension BoardReport {
  /// `link down (pilab link), delay 20ms (the manifest)`; nil for a board that is as boards are.
  var conditionWords: String? {
    var words: [String] = []
    if power == "off" { words.append("off (pilab kill)") }
    if link == "down" { words.append("link down (pilab link)") }
    if let impairment {
      words.append(impairment + (impairmentFrom == "manifest" ? " (manifest)" : " (pilab impair)"))
    }
    if let doubt { words.append("perhaps otherwise: \(doubt)") }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  /// What makes exchanges differ, whoever wanted it.
  var linkState: String {
    let words = [
      power == "off" ? "off" : nil, link == "down" ? "link down" : nil, impairment,
      doubt == nil ? nil : "in doubt",
    ].compactMap(\.self)
    return words.isEmpty ? "good" : words.joined(separator: ", ")
  }
}

extension RunReport {
  /// Of each board that is not as boards are, when the run began.
  var linkWords: [String] {
    boards.compactMap { board in board.conditionWords.map { "\(board.name): \($0)" } }
  }

  var changesBefore: [ChangeReport] { (changes ?? []).filter { !$0.duringRun } }
  var changesDuring: [ChangeReport] { (changes ?? []).filter(\.duringRun) }
}

extension [ChangeReport] {
  /// Commands with their times, the latest last; of many the latest.
  func words(limit: Int = 10) -> [String] {
    let more = count > limit ? ["… \(count - limit) before"] : []
    return more + suffix(limit).map { "\($0.at) \($0.command)" }
  }
}
