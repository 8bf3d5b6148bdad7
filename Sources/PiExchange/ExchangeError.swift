/// Why an exchange ended: what happened, at which step, and what to do about it.
public struct ExchangeError: Error, Sendable, Equatable, CustomStringConvertible {
  public let code: ErrorCode
  public let step: Step
  public let message: String
  public let hint: String?

  public init(_ code: ErrorCode, at step: Step, _ message: String, hint: String? = nil) {
    self.code = code
    self.step = step
    self.message = message
    self.hint = hint
  }

  public var description: String { "\(step.rawValue): \(message)" }
}

/// The step of the exchange in which something went wrong.
public enum Step: String, Sendable {
  case arguments, listen, connect, hello, confirm, header, image, trailer, receipt, store
  /// No step of the exchange: a fault of the program itself, or of the machine under it.
  case program
}

/// A kind of failure with its exit code; docs/board-programs.md lists them all. Other modules add their own.
public struct ErrorCode: Sendable, Equatable {
  public let name: String
  public let exitCode: Int32
  /// What the peer is told.
  public let alert: Alert?

  public init(_ name: String, exitCode: Int32, alert: Alert?) {
    self.name = name
    self.exitCode = exitCode
    self.alert = alert
  }

  public static let badMagic = ErrorCode("bad_magic", exitCode: 6, alert: .magic)
  public static let badVersion = ErrorCode("bad_version", exitCode: 6, alert: .version)
  public static let badFrame = ErrorCode("bad_frame", exitCode: 6, alert: .frame)
  public static let truncated = ErrorCode("truncated", exitCode: 6, alert: .frame)
  public static let trailingData = ErrorCode("trailing_data", exitCode: 6, alert: .trailing)
  public static let reflected = ErrorCode("reflected", exitCode: 6, alert: .reflected)
  public static let mismatch = ErrorCode("mismatch", exitCode: 7, alert: .mismatch)
  public static let badPublicValue = ErrorCode("bad_public_value", exitCode: 8, alert: .publicValue)
  public static let keyConfirmationFailed = ErrorCode(
    "key_confirmation_failed", exitCode: 9, alert: .confirmation)
  public static let integrityFailure = ErrorCode(
    "integrity_failure", exitCode: 10, alert: .integrity)
  public static let imageTooLarge = ErrorCode("image_too_large", exitCode: 11, alert: .limit)
  /// A fault of the program itself, or a machine without memory, threads or random numbers. EX_SOFTWARE of
  /// sysexits.h.
  public static let internalFailure = ErrorCode("internal", exitCode: 70, alert: .internal)
  public static let peerAlert = ErrorCode("peer_alert", exitCode: 13, alert: nil)
}

/// The one byte of an ALERT frame. Anyone on the path can forge it: wording only.
public enum Alert: UInt8, Sendable, CaseIterable {
  case magic = 1
  case version, frame, reflected, mismatch, publicValue, confirmation, integrity, limit, storage
  case timeout, trailing, `internal`

  /// What the peer means by it, to follow "the peer gave up: ".
  public var meaning: String {
    switch self {
    case .magic: "it did not take our first bytes for a pilab preamble"
    case .version: "it speaks another version of the protocol"
    case .frame: "it received a malformed, misplaced or incomplete frame"
    case .reflected: "it saw its own message come back"
    case .mismatch: "it is configured for another profile, authentication, cipher, group or name"
    case .publicValue: "our public value or the shared secret is out of range for it"
    case .confirmation: "key confirmation failed there (another pre-shared key?)"
    case .integrity: "the image did not verify there"
    case .limit: "the image is larger than it accepts"
    case .storage: "it could not store the image"
    case .timeout: "it waited too long"
    case .trailing: "it received bytes after the end"
    case .internal:
      "it was stopped, cannot read its image, serves another receiver, or had an internal error"
    }
  }
}
