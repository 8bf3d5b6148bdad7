/// Finds among the failures of an exchange the one that brought about the others.
enum FailureCause {
  /// The failed end that is the cause, nil where none failed.
  /// - Parameter ends: in the order in which the programs ended.
  static func select(_ ends: [ProgramEnd]) -> ProgramEnd? {
    let cause = ends.enumerated()
      .compactMap { order, end in end.failure.map { (rank($0.code.name), order, end) } }
      .min { ($0.0, $0.1) < ($1.0, $1.1) }?.2
    // A sender that refused its receiver says so and waits for another. The receiver knows by ALERT only.
    guard cause?.role == .receiver, cause?.failure?.code.name == "peer_alert",
      var sender = ends.first(where: { $0.role == .sender && $0.result == nil }),
      let refusal = sender.refusal
    else { return cause }
    sender.outcome = .failed(refusal)
    return sender
  }

  /// The lower, the more likely the cause; what merely follows from the peer's end comes last.
  private static func rank(_ code: String) -> Int {
    switch code {
    case "idle_timeout", "handshake_timeout", "truncated", "not_ended": 1
    case "connect_failed", "not_listening": 2
    case "peer_alert": 3
    case "connection_lost": 4
    case "interrupted": 5
    default: 0
    }
  }
}
