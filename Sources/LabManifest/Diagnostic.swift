/// One thing that is wrong with a manifest, and where.
public struct Diagnostic: Error, Sendable, Equatable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: Sendable {
    case error
    /// The manifest is valid, and its reader should know all the same.
    case warning
  }

  /// The manifest's path, as the caller gave it.
  public var file: String
  /// From 1; 0 where the file as a whole is meant.
  public var line: Int
  /// From 1, in Unicode scalars; 0 where the file as a whole is meant.
  public var column: Int
  public var message: String
  /// What to do about it.
  public var hint: String?
  public var severity: Severity
  /// What is wrong is a file that the manifest names, or the manifest itself: it is missing, or cannot be read.
  public var isOfMissingFile = false

  public init(
    file: String, line: Int, column: Int, message: String, hint: String? = nil,
    severity: Severity = .error
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.hint = hint
    self.severity = severity
  }

  /// `lab/x.yaml:12:5: unknown key 'cypher'`, and on a second line the hint.
  public var description: String {
    let place = line > 0 ? "\(file):\(line):\(column)" : file
    let first = "\(place): \(severity == .warning ? "warning: " : "")\(message)"
    guard let hint else { return first }
    return first + "\n  hint: \(hint)"
  }
}

/// Everything that is wrong with a manifest, in the order of the file.
public struct ManifestError: Error, Sendable, Equatable, CustomStringConvertible {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// Nothing is wrong with the manifest's text.
  public var isOfMissingFiles: Bool { diagnostics.allSatisfy(\.isOfMissingFile) }

  /// Beyond this many the first ones are the ones to mend.
  static let printed = 100

  public var description: String {
    var lines = diagnostics.prefix(Self.printed).map(\.description)
    let rest = diagnostics.count - lines.count
    if rest > 0 { lines.append("and \(rest) more") }
    return lines.joined(separator: "\n")
  }
}

/// A place in a text: line and column from 1, columns in Unicode scalars as libyaml counts them.
package struct Place: Sendable, Hashable, Comparable {
  var line: Int
  var column: Int

  static let wholeFile = Place(line: 0, column: 0)

  package static func < (a: Place, b: Place) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// Collects what is found wrong, so that one look at a manifest reports everything.
struct Diagnostics {
  let file: String
  /// Errors.
  private(set) var all: [Diagnostic] = []
  private var noted: [Diagnostic] = []

  init(file: String) {
    self.file = file
  }

  mutating func report(_ place: Place, _ message: String, hint: String? = nil) {
    all.append(diagnostic(.error, place, message, hint))
  }

  mutating func reportMissingFile(_ place: Place, _ message: String, hint: String?) {
    var diagnostic = diagnostic(.error, place, message, hint)
    diagnostic.isOfMissingFile = true
    all.append(diagnostic)
  }

  mutating func warn(_ place: Place, _ message: String, hint: String? = nil) {
    noted.append(diagnostic(.warning, place, message, hint))
  }

  private func diagnostic(
    _ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ hint: String?
  ) -> Diagnostic {
    Diagnostic(
      file: file, line: place.line, column: place.column, message: Self.visible(message),
      hint: hint.map(Self.visible), severity: severity)
  }

  /// Messages repeat the manifest's text; its line breaks and escape sequences must not act on the terminal.
  private static func visible(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }
      .joined()
  }

  var error: ManifestError { ManifestError(Self.ordered(all)) }

  /// Of a manifest without errors.
  var warnings: [Diagnostic] { Self.ordered(noted) }

  /// As in the file. Stable: two findings at one place stay in the order in which they were found.
  private static func ordered(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    diagnostics.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset)
        < ($1.element.line, $1.element.column, $1.offset)
    }.map(\.element)
  }
}
