/// What labs, boards and exchanges may be called: `[a-z0-9][a-z0-9-]*`, up to 63 characters.
public enum NameRule {
  public static func allows(_ name: String) -> Bool {
    do throws(FormatError) {
      try Format.checkName(name)
      return true
    } catch {
      return false
    }
  }
}
