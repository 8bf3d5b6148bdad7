import LabCore
import Synchronization

/// The last words of env, should there be any.
final class Refusal: Sendable {
  private let words = Mutex<String?>(nil)

  var text: String? { words.withLock { $0 } }

  func look(_ line: OutputLine) {
    guard line.stream == .standardError, line.text.hasPrefix("env: ") else { return }
    words.withLock { $0 = line.text }
  }
}
