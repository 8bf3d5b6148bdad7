import Foundation
import HostKit
import LabCore
import LabResults
import PiExchange

/// How the program on one side of an exchange ended.
struct ProgramEnd: Sendable, Equatable {
  enum Outcome: Sendable, Equatable {
    case done(BoardResult)
    case failed(ProgramFailure)
    /// The board went away from under it.
    case lost(ProgramFailure)
    /// pilab ended it, because its peer had ended.
    case stopped
    /// Its peer ended before there was anything to connect to.
    case notStarted
  }

  var role: Role
  var board: String
  var outcome: Outcome
  /// Why the sender last refused a connection while it waited for its receiver.
  var refusal: ProgramFailure?

  var result: BoardResult? {
    if case .done(let result) = outcome { result } else { nil }
  }

  var failure: ProgramFailure? {
    switch outcome {
    case .failed(let failure), .lost(let failure): failure
    case .done, .stopped, .notStarted: nil
    }
  }
}

/// What a board program said of its failure, or pilab of the program.
struct ProgramFailure: Error, Sendable, Equatable, Codable {
  var code: String
  var step: String
  var message: String
  var hint: String?
}

extension ProgramEnd.Outcome {
  /// Reads a program's result; trusts neither its exit status nor its output alone.
  init(program: String, status: CommandStatus, output: String) {
    switch status {
    case .signalled(let signal):
      self = .failed(.killed(program, signal))
    case .exited(0):
      do {
        self = .done(try JSONDecoder().decode(BoardResult.self, from: Data(output.utf8)))
      } catch {
        self = .failed(.unreadable(program, status: 0, ErrorWords.words(of: error)))
      }
    case .exited(let code):
      do {
        self = .failed(
          try JSONDecoder().decode(FailureDocument.self, from: Data(output.utf8)).error)
      } catch {
        self = .failed(.unreadable(program, status: code, ErrorWords.words(of: error)))
      }
    }
  }

  private struct FailureDocument: Decodable {
    var error: ProgramFailure
  }
}

extension ProgramFailure {
  static func killed(_ program: String, _ signal: Int32) -> ProgramFailure {
    // SIGKILL, SIGTERM and their like come from outside; by the others a program tells of a fault of its own.
    let isFault = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS].contains(signal)
    return ProgramFailure(
      code: isFault ? "internal" : "killed", step: "run",
      message: "\(program) was killed by signal \(signal) (\(String(cString: strsignal(signal))))",
      hint: signal == SIGKILL
        ? "the kernel may have been out of memory: see dmesg" : "see the program's stderr.log")
  }

  static func unreadable(_ program: String, status: Int32, _ reason: String) -> ProgramFailure {
    ProgramFailure(
      code: "no_result", step: "run",
      message:
        "\(program) ended with status \(status), and what it printed is no result: \(reason)",
      hint: "see the program's stdout.log and stderr.log")
  }

  static func notListening(_ program: String, after deadline: Duration) -> ProgramFailure {
    ProgramFailure(
      code: "not_listening", step: "listen",
      message: "\(program) did not listen within \(deadline)", hint: "see the program's stderr.log")
  }

  static func neverListened(_ program: String, _ failure: ProgramFailure) -> ProgramFailure {
    ProgramFailure(
      code: "not_listening", step: failure.step,
      message: "\(program) ended before it listened: \(failure.message) (\(failure.code))",
      hint: failure.hint)
  }

  static func notEnded(_ program: String, after deadline: Duration) -> ProgramFailure {
    ProgramFailure(
      code: "not_ended", step: "run",
      message: "\(program) did not end within \(deadline) after its peer was done",
      hint: "see the program's stderr.log")
  }
}
