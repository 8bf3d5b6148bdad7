import LabManifest
import LabValues

extension ScenarioStep {
  /// As a reader says what is done: `exec on bob: ls -l`.
  func words(_ exchange: String?) -> String { action.words(exchange) }
}

extension StepAction {
  fileprivate func words(_ exchange: String?) -> String {
    switch self {
    case .exec(let command): "exec on \(command.board): \(command.text)"
    case .service(let command, _): "service on \(command.board): \(command.text)"
    case .stop(let service, let signal): "stop \(service) by SIG\(signal)"
    case .copy(let from, let to): "copy \(from.words) to \(to.words)"
    case .exchange(let step): step.words(exchange)
    case .impair(let board, let impairment): "impair \(board)'s link: \(impairment)"
    case .link(let board, let isUp): "take \(board)'s link \(isUp ? "up" : "down")"
    case .kill(let board): "kill \(board)"
    case .reboot(let board): "reboot \(board)"
    case .snapshot(let name): "snapshot \(name)"
    case .restore(let name): "restore \(name)"
    case .capture(let board): "capture at \(board)"
    case .clock(let board, let offset): "set \(board)'s clock \(OffsetText.format(offset))"
    case .parallel(let steps):
      "at once: " + steps.map { $0.words(exchange) }.joined(separator: "; ")
    case .wait(let time): "wait for \(DurationText.format(time))"
    case .waitUntil(let command, _): "wait until on \(command.board): \(command.text)"
    case .heal: "heal"
    }
  }
}

extension StepAction {
  /// Tells it from others that are done at once.
  var label: String {
    switch self {
    case .exec(let command), .service(let command, _), .waitUntil(let command, _):
      "\(word) on \(command.board)"
    case .exchange(let step): step.exchange.map { "\(word) \($0)" } ?? word
    default: words(nil)
    }
  }
}

extension CommandStep {
  private static let shown = 120

  /// A text of the manifest's without its shell.
  var text: String {
    let isText = words.count == 3 && words[0] == "sh" && words[1] == "-c"
    let text = isText ? words[2] : words.joined(separator: " ")
    return text.count > Self.shown ? "\(text.prefix(Self.shown))…" : text
  }
}

extension FilePlace {
  fileprivate var words: String {
    switch self {
    case .board(let board, let path): "\(board):\(path)"
    case .local(let path): path
    }
  }
}

extension ExchangeStep {
  fileprivate func words(_ cell: String?) -> String {
    let what = "exchange \(exchange ?? cell ?? "?")"
    if let attack { return "\(what), \(attack.word) by \(attacker ?? "?")" }
    guard !faults.isEmpty, let attacker else { return what }
    return "\(what), faults by \(attacker)"
  }
}
