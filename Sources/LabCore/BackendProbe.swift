/// Whether a backend can work here.
public enum BackendProbe: Sendable, Equatable {
  case available
  /// It can, but for something that this machine lacks; in words, what and why.
  case limited(lacking: String)
  /// It can, at a fraction of the usual speed; in words, why. Mode `auto` does not take it.
  case slow(reason: String)
  /// Why not, and the one command that would remedy it, where there is one.
  case unavailable(reason: String, remedy: String?)

  public var isAvailable: Bool {
    if case .unavailable = self { false } else { true }
  }
}
