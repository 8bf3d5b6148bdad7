import Foundation
import ResultSamples

/// Programs that are not ours and say whether a form is sound.
extension Fixture {
  static let checker = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_html.py").path

  static let forms = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_forms.py").path
}
