/// What can go wrong around the exchange: with the command line, the files and the connection.
extension ErrorCode {
  public static let usage = ErrorCode("usage", exitCode: 64, alert: nil)
  public static let imageUnreadable = ErrorCode("image_unreadable", exitCode: 3, alert: .internal)
  public static let listenFailed = ErrorCode("listen_failed", exitCode: 4, alert: nil)
  public static let connectFailed = ErrorCode("connect_failed", exitCode: 5, alert: nil)
  public static let connectionLost = ErrorCode("connection_lost", exitCode: 5, alert: nil)
  public static let storageFailed = ErrorCode("storage_failed", exitCode: 11, alert: .storage)
  public static let handshakeTimeout = ErrorCode("handshake_timeout", exitCode: 12, alert: .timeout)
  public static let idleTimeout = ErrorCode("idle_timeout", exitCode: 12, alert: .timeout)

  /// Ended by a signal; the exit code is the shell's for it.
  public static func interrupted(by signal: Int32) -> ErrorCode {
    ErrorCode("interrupted", exitCode: 128 + signal, alert: .internal)
  }

  /// All that the board programs end with; docs/board-programs.md lists them.
  public static let all: [ErrorCode] = [
    badMagic, badVersion, badFrame, truncated, trailingData, reflected, mismatch, badPublicValue,
    keyConfirmationFailed, integrityFailure, imageTooLarge, internalFailure, peerAlert, usage,
    imageUnreadable, listenFailed, connectFailed, connectionLost, storageFailed, handshakeTimeout,
    idleTimeout, interrupted(by: 15),
  ]
}
