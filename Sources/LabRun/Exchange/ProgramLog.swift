import LabCore
import Synchronization

/// What one program printed, both streams, for its log files and its result.
final class ProgramLog: Sendable {
  /// For each stream. A program that prints more is broken; its log says that it was cut.
  private static let limit = 4 << 20

  private struct Text {
    var standardOutput = ""
    var standardError = ""
  }

  private let text = Mutex(Text())

  var standardOutput: String { text.withLock { $0.standardOutput } }
  var standardError: String { text.withLock { $0.standardError } }

  func append(_ line: OutputLine) {
    text.withLock { text in
      switch line.stream {
      case .standardOutput: Self.append(line.text, to: &text.standardOutput)
      case .standardError: Self.append(line.text, to: &text.standardError)
      }
    }
  }

  private static func append(_ line: String, to text: inout String) {
    guard text.utf8.count < limit else { return }
    text += line + "\n"
    if text.utf8.count >= limit { text += "[pilab: cut here, the program printed too much]\n" }
  }
}
