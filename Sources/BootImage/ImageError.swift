import HostKit

/// What went wrong with the board image, and what to do next.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case toolMissing = "tool_missing"
    /// apt knows no packages at all, or not one that is needed.
    case packagesUnknown = "packages_unknown"
    case downloadFailed = "download_failed"
    /// The cache folder cannot be made, written to or read.
    case cacheUnusable = "cache_unusable"
    case buildFailed = "image_build_failed"
    case identityInvalid = "identity_invalid"
    case cancelled = "cancelled"
  }

  public var code: Code
  public var message: String
  public var hint: String?
  /// The tool's or the operating system's own words.
  public var cause: String?

  public init(_ code: Code, _ message: String, hint: String? = nil, cause: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.cause = cause
  }

  /// What the operating system refused: its words are the cause, and the hint follows from it.
  package init(_ code: Code, _ message: String, _ fault: SystemFault, hint: String? = nil) {
    self.init(code, message, hint: fault.hint ?? hint, cause: fault.description)
  }

  public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
