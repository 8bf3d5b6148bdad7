import Foundation
import HostKit
import LabCore
import LabResults
import PiExchange

/// How the program on one side of an exchange ended.
struct ProgramEnd: Sendable, Equatable {
  enum Outcome: Sendable, Equatable {
    case done(BoardResult)
    case failed(LabError)
    /// The board went away from under it.
    case lost(LabError)
    /// pilab ended it, because its peer had ended.
    case stopped
    /// Its peer ended before there was anything to connect to.
    case notStarted
  }

  var role: Role
  var board: String
  var outcome: Outcome
  /// Why the sender last refused a connection while it waited for its receiver.
  var refusal: LabError?

  var result: BoardResult? {
    if case .done(let result) = outcome { result } else { nil }
  }

  /// With the board that it was on.
  var failure: LabError? {
    switch outcome {
    case .failed(var failure), .lost(var failure):
      failure.board = board
      return failure
    case .done, .stopped, .notStarted: return nil
    }
  }
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
    var error: LabError
  }
}

/// What pilab says of a board program.
extension LabError {
  static func killed(_ program: String, _ signal: Int32) -> LabError {
    // SIGKILL, SIGTERM and their like come from outside; by the others a program tells of a fault of its own.
    let isFault = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS].contains(signal)
    return LabError(
      isFault ? .programFault : .programKilled,
      "\(program) was killed by signal \(signal) (\(String(cString: strsignal(signal))))",
      step: "run",
      hint: signal == SIGKILL
        ? "the kernel may have been out of memory: see dmesg" : "see the program's stderr.log")
  }

  static func unreadable(_ program: String, status: Int32, _ reason: String) -> LabError {
    LabError(
      .noResult,
      "\(program) ended with status \(status), and what it printed is not a result: \(reason)",
      step: "run", hint: "see the program's stdout.log and stderr.log")
  }

  static func notListening(_ program: String, after deadline: Duration) -> LabError {
    LabError(
      .notListening, "\(program) did not listen within \(deadline)", step: "listen",
      hint: "see the program's stderr.log")
  }

  static func neverListened(_ program: String, _ failure: LabError) -> LabError {
    LabError(
      .notListening,
      "\(program) ended before it listened: \(failure.message) (\(failure.code.name))",
      step: failure.step, hint: failure.hint)
  }

  static func silent(_ program: String, for time: Duration) -> LabError {
    LabError(
      .notEnded, "\(program) printed nothing for \(time) and was ended", step: "run",
      hint: "see the program's stderr.log; its own limits are the manifest's timeouts")
  }

  static func notEnded(_ program: String, after deadline: Duration) -> LabError {
    LabError(
      .notEnded, "\(program) did not end within \(deadline) after its peer was done",
      step: "run", hint: "see the program's stderr.log")
  }
}

/// What pilab found a board program to have done; its own codes are those of docs/board-programs.md.
extension LabError.Code {
  static let programFault = Self("internal", .exchangeFailed)
  static let programKilled = Self("killed", .exchangeFailed)
  static let noResult = Self("no_result", .exchangeFailed)
  static let notListening = Self("not_listening", .exchangeFailed)
  static let notEnded = Self("not_ended", .exchangeFailed)
}
