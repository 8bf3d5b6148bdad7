import LabCore

/// Why SSH did not do what it was asked, as far as its words tell.
enum SSHFault: Error, Sendable, Equatable {
  /// Nobody listens there, or says nothing: perhaps not yet.
  case unreachable(String)
  /// It is another board, or somebody in its place.
  case hostKeyChanged(String)
  case keyRefused(String)
  /// There was a connection, and it ended.
  case lost(String)

  /// What ssh wrote before it ended with 255.
  init(log: String, connecting: Bool) {
    let cause = Self.shortened(log)
    if log.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")
      || log.contains("Host key verification failed") || log.contains("host key is known")
    {
      self = .hostKeyChanged(cause)
    } else if log.contains("Permission denied (") || log.contains("authentication failures")
      || log.contains("No more authentication methods")
    {
      self = .keyRefused(cause)
    } else {
      self = connecting ? .unreachable(cause) : .lost(cause)
    }
  }

  /// The warning about a changed key is twelve lines in a frame of @.
  private static func shortened(_ log: String) -> String {
    log.split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("@") && !$0.isEmpty }
      .map { $0.trimmingPrefix("ssh: ") }
      .suffix(3).joined(separator: " ")
  }

  func error(_ target: SSHTarget, step: String) -> LabError {
    let place = "\(target.host):\(target.port)"
    func make(_ code: LabError.Code, _ message: String, _ hint: String, _ cause: String)
      -> LabError
    {
      LabError(
        code, message, board: target.board, step: step, hint: hint,
        cause: cause.isEmpty ? nil : cause)
    }
    switch self {
    case .unreachable(let cause):
      return make(
        .boardUnreachable, "no SSH server answers at \(place)",
        "has the board started? is the port taken by another program?", cause)
    case .hostKeyChanged(let cause):
      return make(
        .hostKeyChanged, "what answers at \(place) is not this board: its host key differs",
        "another program or board may have taken the port; take the lab down and bring it up again",
        cause)
    case .keyRefused(let cause):
      return make(
        .sshKeyRefused, "the board refuses the SSH key of user '\(target.user)'",
        "put the lab's public key into ~\(target.user)/.ssh/authorized_keys of the disk image",
        cause)
    case .lost(let cause):
      return make(
        .connectionLost, "the SSH connection to the board was lost",
        "has the board stopped? see: pilab status", cause)
    }
  }
}

extension SSHFault: CustomStringConvertible {
  var description: String {
    switch self {
    case .unreachable(let cause): Self.sentence("no SSH server answers", cause)
    case .hostKeyChanged(let cause): Self.sentence("the host key differs", cause)
    case .keyRefused(let cause): Self.sentence("the board refuses the SSH key", cause)
    case .lost(let cause): Self.sentence("the SSH connection to the board was lost", cause)
    }
  }

  private static func sentence(_ what: String, _ cause: String) -> String {
    cause.isEmpty ? what : "\(what): \(cause)"
  }
}
