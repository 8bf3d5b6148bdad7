/// A board of the lab, and how it and its link were when the run began.
public struct BoardReport: Codable, Sendable, Equatable {
  public var name: String
  /// The address on the lab's network, as the board used it.
  public var address: String
  /// `up` or `down` when the run began; nil where boards have no links of their own.
  public var link: String?
  /// What impaired the board's link when the run began, as a manifest says it: `delay 20ms, loss 1%`.
  public var impairment: String?
  /// Who wanted that: `manifest` or `command`.
  public var impairmentFrom: String?
  /// `off` for a board whose plug had been pulled.
  public var power: String?
  /// Why it may have been otherwise: a command that did not come to its end.
  public var doubt: String?

  public init(name: String, address: String) {
    self.name = name
    self.address = address
  }
}

extension BoardReport {
  /// What makes exchanges differ, whoever wanted it.
  var linkState: String {
    let words = [
      power == "off" ? "off" : nil, link == "down" ? "link down" : nil, impairment,
      doubt == nil ? nil : "in doubt",
    ].compactMap(\.self)
    return words.isEmpty ? "good" : words.joined(separator: ", ")
  }
}

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
  /// A scenario of the run did it; nil where none did.
  public var byScenario: Bool?

  public init(
    at: String, kind: String, board: String? = nil, detail: String? = nil, command: String,
    duringRun: Bool, byScenario: Bool = false
  ) {
    self.at = at
    self.kind = kind
    self.board = board
    self.detail = detail
    self.command = command
    self.duringRun = duringRun
    self.byScenario = byScenario ? true : nil
  }
}

extension RunResult {
  public var changesBefore: [ChangeReport] { (changes ?? []).filter { !$0.duringRun } }
  /// By others: what the run's scenarios do is told with their steps.
  public var changesDuring: [ChangeReport] {
    (changes ?? []).filter { $0.duringRun && $0.byScenario != true }
  }
}
