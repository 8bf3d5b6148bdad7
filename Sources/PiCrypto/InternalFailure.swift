/// The end of a program that cannot go on: no memory, no randomness, a fault of its own.
public enum InternalFailure {
  /// What the program does with the message; it must not return. Set once, before another thread starts.
  nonisolated(unsafe) public static var handler: (@Sendable (String) -> Void)?

  /// Says what is wrong, by the program's handler where there is one, and ends the program.
  public static func stop(_ message: String) -> Never {
    handler?(message)
    fatalError(message)
  }
}
