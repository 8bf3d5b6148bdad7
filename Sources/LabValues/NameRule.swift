/// What labs, boards and exchanges may be called: `[a-z0-9][a-z0-9-]*`, up to 63 characters.
public enum NameRule {
  public static let maximumLength = 63

  /// Why a text is no name.
  public struct Problem: Error, Sendable, Equatable {
    public var message: String
    public var hint: String
  }

  /// Refuses what is no name.
  public static func check(_ name: String) throws(Problem) {
    guard name.utf8.count <= maximumLength else {
      throw Problem(
        message: "the name '\(name.prefix(20))…' has \(name.utf8.count) characters",
        hint: "a name has at most \(maximumLength)")
    }
    let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
    guard !name.isEmpty, !name.hasPrefix("-"), name.utf8.allSatisfy(letters.contains) else {
      throw Problem(
        message: "'\(name)' is not a name",
        hint: "lower-case letters, digits and hyphens, beginning with a letter or digit")
    }
  }

  /// Whether the text is a name.
  public static func allows(_ name: String) -> Bool {
    do throws(Problem) {
      try check(name)
      return true
    } catch {
      return false
    }
  }
}
