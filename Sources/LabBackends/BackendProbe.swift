/// Whether a backend can work here.
public enum BackendProbe: Sendable, Equatable {
  case available
  /// Why not, and the one command that would remedy it, where there is one.
  case unavailable(reason: String, remedy: String?)

  public var isAvailable: Bool { self == .available }
}
