import Backends
import Foundation
import LabManifest
import Testing

/// A wrong manifest and the one thing that must be said about it.
struct BadManifest: Sendable, CustomTestStringConvertible {
  /// Before each place that must be named stands a ¶, which is not part of the text.
  var marked: String
  var message: String
  /// Part of the hint; nil where there must be none.
  var hint: String?

  init(_ marked: String, _ message: String, hint: String? = nil) {
    self.marked = marked
    self.message = message
    self.hint = hint
  }

  /// Wrong in the one exchange's lines.
  static func exchange(_ lines: String, _ message: String, hint: String? = nil) -> BadManifest {
    BadManifest(Samples.manifest(exchange: lines), message, hint: hint)
  }

  var testDescription: String { message }

  var text: String { marked.replacing("¶", with: "") }

  /// Lines and columns of the marks.
  var places: [[Int]] {
    marked.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
      (number, line) in
      let parts = line.split(separator: "¶", omittingEmptySubsequences: false)
      var column = 1
      return parts.dropLast().map { part in
        column += part.unicodeScalars.count
        return [number + 1, column]
      }
    }
  }

  func verify(sourceLocation: SourceLocation = #_sourceLocation) {
    let found = Samples.diagnostics(text)
    #expect(
      found.map(\.message) == Array(repeating: message, count: places.count),
      sourceLocation: sourceLocation)
    #expect(found.map { [$0.line, $0.column] } == places, sourceLocation: sourceLocation)
    for diagnostic in found {
      #expect(diagnostic.file == Samples.path, sourceLocation: sourceLocation)
      if let hint {
        #expect(
          diagnostic.hint?.contains(hint) == true,
          "'\(hint)' is not in '\(diagnostic.hint ?? "")'", sourceLocation: sourceLocation)
      } else {
        #expect(diagnostic.hint == nil, sourceLocation: sourceLocation)
      }
    }
  }
}

enum Samples {
  /// The example labs, whose images the samples use.
  static let labFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lab").standardizedFileURL.path

  static let path = labFolder + "/sample.yaml"

  static let parties = "sender: alice\nreceiver: bob\nimage: images/horse.ppm\n"

  static func manifest(
    top: String = "", boards: String = "alice: {}\nbob: {}", exchange: String = ""
  ) -> String {
    let body = exchange.contains("sender:") ? exchange : parties + exchange
    return """
      version: 1
      \(top)
      boards:
      \(indented(boards, by: 2))
      exchanges:
        first:
      \(indented(body, by: 4))
      """
  }

  private static func indented(_ text: String, by spaces: Int) -> String {
    text.split(separator: "\n").map { String(repeating: " ", count: spaces) + $0 }
      .joined(separator: "\n")
  }

  /// That of this version of pilab.
  static let grammar = Backends.grammar

  /// What is wrong with the text; nothing where it is right.
  static func diagnostics(_ text: String) -> [Diagnostic] {
    do throws(ManifestError) {
      _ = try Samples.grammar.parse(text, path: path)
      return []
    } catch {
      return error.diagnostics
    }
  }

  static func exchange(_ lines: String) throws -> Exchange {
    try #require(try Samples.grammar.parse(manifest(exchange: lines), path: path).exchanges.first)
  }
}
