import Glibc
import PiCrypto
import PiExchange

/// The last words of a program that meets a fault of its own: one JSON object and the exit code of `internal`, as for
/// every other failure, instead of a signal that nothing documents.
enum Crash {
  private static let signals: [(number: Int32, name: String)] = [
    (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"), (SIGABRT, "SIGABRT"), (SIGSEGV, "SIGSEGV"),
    (SIGBUS, "SIGBUS"), (SIGFPE, "SIGFPE"),
  ]

  /// What to print for each signal, made beforehand: a signal handler may not allocate memory.
  nonisolated(unsafe) private static var words: UnsafeMutablePointer<UnsafeRawBufferPointer>?

  static func report(as program: String) {
    InternalFailure.handler = { message in
      Output.line(
        error("it cannot go on: \(message)").json(program: program).text, to: STDOUT_FILENO)
      _exit(ErrorCode.internalFailure.exitCode)
    }
    let table = UnsafeMutablePointer<UnsafeRawBufferPointer>.allocate(capacity: 65)
    table.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: 65)
    for signal in signals {
      let error = error("the program stopped at a fault of its own (\(signal.name))")
      let text = Array((error.json(program: program).text + "\n").utf8)
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
      bytes.copyBytes(from: text)
      table[Int(signal.number)] = UnsafeRawBufferPointer(bytes)
    }
    words = table
    for signal in signals { Glibc.signal(signal.number, Self.end) }
  }

  private static let end: @convention(c) (Int32) -> Void = { number in
    if let last = Crash.words?[Int(number)] {
      _ = write(STDOUT_FILENO, last.baseAddress, last.count)
    }
    _exit(70)
  }

  private static func error(_ message: String) -> ExchangeError {
    ExchangeError(
      .internalFailure, at: .program, message,
      hint: "what the program says on standard error helps to find out why")
  }
}
