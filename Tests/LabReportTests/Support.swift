import Foundation
import ResultSamples
import TestSupport

/// Programs that are not ours and say whether a form is sound.
extension Fixture {
  static let checker = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_html.py").path

  static let forms = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_forms.py").path
}

/// What check_html.py found.
struct CheckedPage: Decodable {
  var errors: [String]
  var pngs: [[Int]]
  /// Cells of scenarios that have a card of their own.
  var cards: Int
  var text: String

  init(_ html: String, in folder: TemporaryFolder) throws {
    let checked = try output(of: ["python3", Fixture.checker], input: html, in: folder)
    self = try JSONDecoder().decode(CheckedPage.self, from: checked)
  }
}
