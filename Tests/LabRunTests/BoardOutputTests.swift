import Foundation
import LabCore
import LabResults
import PiExchange
import Testing

@testable import LabRun

struct BoardEventTests {
  @Test func eventsOfTheDocumentation() {
    #expect(
      BoardEvent(line: #"{"event":"listening","address":"127.0.0.1","port":40123}"#)
        == .listening(port: 40123))
    #expect(
      BoardEvent(line: #"{"event":"connected","address":"127.0.0.1","port":1}"#) == .connected)
    #expect(BoardEvent(line: #"{"event":"confirmed"}"#) == .confirmed)
    #expect(
      BoardEvent(
        line: #"{"event":"refused","address":"::1","port":1,"code":"mismatch","step":"hello","#
          + #""message":"another group"}"#)
        == .refused(
          LabError(.init("mismatch"), "another group", step: "hello")))
    #expect(
      BoardEvent(line: #"{"event":"progress","bytes":1048576,"total":4194304}"#)
        == .progress(bytes: 1_048_576, total: 4_194_304))
  }

  @Test(arguments: [
    "", "pi-sender: something", "{", "{}", "null", #"{"event":"unheard-of"}"#,
    #"{"event":"listening"}"#, #"{"event":"listening","port":0}"#,
    #"{"event":"listening","port":65536}"#, #"{"event":"progress","bytes":-1,"total":2}"#,
    #"{"event":"progress","bytes":1}"#, #"{"event":"refused","code":"mismatch"}"#, #"["event"]"#,
    #" {"event":1}"#,
  ])
  func otherLinesAreNoEvents(_ line: String) {
    #expect(BoardEvent(line: line) == nil)
  }
}

struct ProgramOutcomeTests {
  private let result = BoardResult.sample(.sender, board: "alice")

  @Test func resultIsReadFromTheOutput() throws {
    let output = String(decoding: try JSONEncoder().encode(result), as: UTF8.self) + "\n"
    let outcome = ProgramEnd.Outcome(program: "pi-sender", status: .exited(0), output: output)
    #expect(outcome == .done(result))
  }

  @Test func errorIsReadFromTheOutput() {
    let output = """
      {"program":"pi-receiver","version":"0.1.0","error":{"code":"key_confirmation_failed",\
      "step":"confirm","message":"wrong key","hint":"same file?"},"exitCode":9}
      """
    let outcome = ProgramEnd.Outcome(program: "pi-receiver", status: .exited(9), output: output)
    let failure = LabError(
      .init("key_confirmation_failed"), "wrong key", step: "confirm", hint: "same file?")
    #expect(outcome == .failed(failure))
  }

  /// A success that shows no result is a failure, and so is a result with a failing status.
  @Test(arguments: [
    (0, ""), (0, "{}"), (0, "not JSON"), (1, ""), (9, #"{"error":"text"}"#), (64, "usage"),
  ])
  func outputThatIsNoResult(_ status: Int, _ output: String) throws {
    let outcome = ProgramEnd.Outcome(
      program: "pi-sender", status: .exited(Int32(status)), output: output)
    guard case .failed(let failure) = outcome else {
      Issue.record("taken for a success")
      return
    }
    #expect(failure.code.name == "no_result")
    #expect(failure.message.contains("status \(status)"))
  }

  @Test func resultWithAFailingStatusIsNoSuccess() throws {
    let output = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
    let outcome = ProgramEnd.Outcome(program: "pi-sender", status: .exited(1), output: output)
    #expect(outcome != .done(result))
  }

  /// A program that dies of its own fault is `internal`; `killed` means that someone or the kernel ended it.
  @Test(arguments: [
    (SIGSEGV, "internal"), (SIGILL, "internal"), (SIGABRT, "internal"), (SIGKILL, "killed"),
  ]) func deathBySignalNamesTheSignal(signal: Int32, code: String) {
    let outcome = ProgramEnd.Outcome(
      program: "pi-sender", status: .signalled(signal), output: "")
    guard case .failed(let failure) = outcome else {
      Issue.record("taken for a success")
      return
    }
    #expect(failure.code.name == code)
    #expect(failure.message.contains("signal \(signal)"))
  }
}

struct WarningsTests {
  @Test func eachFlagIsAPlainSentenceOnce() {
    let flags = ["textbook-group", "no-authentication"]
    let sentences = Warnings.sentences(for: [
      .sample(.sender, board: "alice", insecure: flags + ["fixed-private-exponent"]),
      .sample(.receiver, board: "bob", insecure: flags + ["fixed-private-exponent", "new-flag"]),
    ])
    #expect(sentences.count == 5)
    #expect(Set(sentences).count == 5)
    #expect(sentences.allSatisfy { $0.hasSuffix(".") })
    #expect(sentences.contains { $0.contains("'alice' used a fixed private exponent") })
    #expect(sentences.contains { $0.contains("'bob' used a fixed private exponent") })
    #expect(sentences.last?.contains("new-flag") == true)
  }

  @Test func nothingToWarnOf() {
    #expect(Warnings.sentences(for: [.sample(.sender, board: "alice")]).isEmpty)
  }
}
