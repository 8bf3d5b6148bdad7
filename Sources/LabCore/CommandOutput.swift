import HostKit
import Synchronization

/// How a command of a person ended, and what it printed.
public struct CommandOutput: Sendable, Equatable {
  public var status: CommandStatus
  /// The first bytes of each stream.
  public var output: String
  public var errors: String
  /// There was more than was kept.
  public var isCut: Bool

  public init(status: CommandStatus, output: String, errors: String, isCut: Bool) {
    self.status = status
    self.output = output
    self.errors = errors
    self.isCut = isCut
  }
}

/// The first bytes of what a program prints, from any thread.
package final class BoundedOutput: Sendable {
  private struct State {
    var output = ""
    var errors = ""
    var isCut = false
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: bytes of each stream.
  package init(limit: Int) { self.limit = limit }

  package func add(_ line: OutputLine) {
    state.withLock { state in
      switch line.stream {
      case .standardOutput: add(line.text, to: &state.output, &state.isCut)
      case .standardError: add(line.text, to: &state.errors, &state.isCut)
      }
    }
  }

  private func add(_ line: String, to text: inout String, _ isCut: inout Bool) {
    let room = limit - text.utf8.count
    guard line.utf8.count < room else {
      if room > 0 { text += String(decoding: line.utf8.prefix(room), as: UTF8.self) }
      isCut = true
      return
    }
    text += line + "\n"
  }

  package func outcome(_ status: CommandStatus) -> CommandOutput {
    state.withLock {
      CommandOutput(status: status, output: $0.output, errors: $0.errors, isCut: $0.isCut)
    }
  }
}
