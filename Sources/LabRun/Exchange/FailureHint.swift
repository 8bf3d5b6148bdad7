import LabCore
import LabManifest
import LabResults

/// What a failed exchange may have to do with what was done to its boards and their links.
struct FailureHint: Sendable {
  let start: LabConditions
  let now: LabConditions
  /// The exchange's.
  let boards: [String]

  /// Failures of programs that did not hear, or no longer, from each other.
  private static let ofSilence: Set<String> = [
    "connect_failed", "connection_lost", "handshake_timeout", "idle_timeout", "truncated",
    "not_listening", "not_ended", "peer_alert", "interrupted", "board_lost", "board_switched_off",
  ]

  /// The hint of a failure: that of its cause, where that is something pilab was told to do.
  func hint(for code: String, else hint: String?) -> String? {
    guard Self.ofSilence.contains(code) else { return hint }
    let reasons = boards.compactMap(obstacle)
    if !reasons.isEmpty { return reasons.joined(separator: "; ") }
    let remarks = boards.compactMap(impediment)
    guard !remarks.isEmpty else { return hint }
    return ([hint].compactMap(\.self) + remarks).joined(separator: "; ")
  }

  /// What nothing passes.
  private func obstacle(_ board: String) -> String? {
    let condition = now.board(board)
    if condition.isOff {
      return "board '\(board)' is off\(since(.kill, board)): pilab reboot \(board)"
    }
    if condition.isLinkDown {
      return
        "the link of board '\(board)' is down\(since(.linkDown, board)): pilab link \(board) up"
    }
    if condition.losesAll {
      return "the link of board '\(board)' loses all that it sends\(since(.impair, board)): "
        + remedy(condition)
    }
    return passed(board)
  }

  /// Something of the kind that happened during the run and is over.
  private func passed(_ board: String) -> String? {
    let kinds: Set<LabChange.Kind> = [.linkDown, .kill, .reboot, .restore]
    let change = now.changes.last {
      $0.number > start.count && $0.concerns(board) && kinds.contains($0.kind)
    }
    return change.map { "'\($0.command)' came in between, at \($0.at): repeat the run" }
  }

  private func impediment(_ board: String) -> String? {
    let condition = now.board(board)
    if let doubt = condition.doubt {
      return "board '\(board)' may not be as it should be: \(doubt)"
    }
    guard let impairment = condition.impairment else { return nil }
    return "the link of board '\(board)' is impaired, \(impairment): \(remedy(condition))"
  }

  private func remedy(_ condition: BoardCondition) -> String {
    condition.origin == .manifest
      ? "the manifest says so" : "pilab impair \(condition.board) --clear"
  }

  private func since(_ kind: LabChange.Kind, _ board: String) -> String {
    let change = now.changes.last { $0.kind == kind && $0.board == board }
    return change.map { " since '\($0.command)' at \($0.at)" } ?? ""
  }
}

extension LabError {
  func explained(_ hints: FailureHint?) -> LabError {
    var failure = self
    failure.hint = hints?.hint(for: code.name, else: hint) ?? hint
    return failure
  }
}

extension FailureHint {
  init(_ conditions: RunConditions, boards: [String]) {
    self.init(start: conditions.start, now: conditions.now, boards: boards)
  }
}
