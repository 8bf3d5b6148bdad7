extension LabError {
  /// What kind of error it is, as a word for programs, and the exit status that it leads to. Whoever has errors of
  /// its own adds codes of its own.
  public struct Code: Hashable, Sendable {
    /// `no_such_board`.
    public let name: String
    public let status: ExitStatus

    public init(_ name: String, _ status: ExitStatus = .environmentUnfit) {
      self.name = name
      self.status = status
    }

    public static func == (left: Self, right: Self) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }
}

extension LabError.Code {
  /// The backend cannot do this at all; see its abilities.
  public static let unsupported = Self("unsupported")
  /// The backend cannot work on this machine, or not now.
  public static let unavailable = Self("backend_unavailable")
  public static let boardNotCreated = Self("board_not_created")
  public static let boardNotRemoved = Self("board_not_removed")
  /// A lab that was made is not there any more, or not as a whole.
  public static let broken = Self("lab_broken", .labUnavailable)
  /// What is written down of a lab cannot be used.
  public static let stateDamaged = Self("state_damaged", .labUnavailable)
  public static let notImpaired = Self("link_not_changed")
  public static let notCaptured = Self("not_captured")
  public static let noSuchBoard = Self("no_such_board", .usage)
  public static let commandFailed = Self("command_failed")
  public static let fileNotCopied = Self("file_not_copied")
  public static let snapshotFailed = Self("snapshot_failed")
  public static let noSuchSnapshot = Self("no_such_snapshot", .usage)
  /// A board does not answer in the time it has for starting.
  public static let bootFailed = Self("boot_failed")
  /// A board is switched off.
  public static let switchedOff = Self("board_switched_off", .labUnavailable)
  public static let noConsole = Self("no_console")
  public static let cancelled = Self("cancelled", .interrupted)
  /// A bug in pilab.
  public static let `internal` = Self("internal", .internalError)
}

/// Of boards that are reached over a network.
extension LabError.Code {
  /// Nothing answers as an SSH server where the board should.
  public static let boardUnreachable = Self("board_unreachable")
  public static let hostKeyChanged = Self("host_key_changed")
  public static let sshKeyRefused = Self("ssh_key_refused")
  public static let connectionLost = Self("connection_lost")
}
