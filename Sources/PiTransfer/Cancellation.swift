import Glibc
import PiExchange
import Synchronization

/// Lets a signal end whatever the program waits for: a descriptor becomes readable, and every wait polls it.
///
/// The connections stay as they are, so that the peer can be told.
public final class Cancellation: Sendable {
  private let requested = Atomic<Int32>(0)
  /// Readable once a signal has come; -1 where the process has no descriptor left for it.
  package let descriptor: Int32
  private let writer: Int32

  public init() {
    var ends: [Int32] = [-1, -1]
    // On failure both stay -1, and waits look at `signal` from time to time.
    if pipe(&ends) == 0 {
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
    }
    (descriptor, writer) = (ends[0], ends[1])
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if writer >= 0 { close(writer) }
  }

  /// The signal that asked to stop.
  public var signal: Int32? {
    let number = requested.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }

  /// Asks to stop, and wakes whoever waits for a socket. May be called in a signal handler.
  public func cancel(signal: Int32) {
    requested.store(signal, ordering: .releasing)
    var byte: UInt8 = 0
    if writer >= 0 { write(writer, &byte, 1) }
  }

  /// Throws once a signal has asked to stop.
  func check(at step: Step) throws(ExchangeError) {
    if let signal { throw .interrupted(by: signal, at: step) }
  }

  /// Those that ask a program to end. The kernel sends SIGXCPU when the processor time that `ulimit -t` allows is used up,
  /// and SIGKILL later.
  private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]

  /// Routes them here, for the rest of the program's life; one that was ignored from the start stays so (nohup,
  /// `trap ''`). Call it before any other thread starts: threads inherit the mask.
  public func handleSignals() {
    // A peer that is gone, or a file that may grow no further, must be an error of the call, not the program's end.
    ignoreSignal(SIGPIPE)
    ignoreSignal(SIGXFSZ)
    var set = sigset_t()
    sigemptyset(&set)
    for number in Self.endings where !isIgnored(number) { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // sigwait of nothing would be an error at once, or wait for ever.
    guard Self.endings.contains(where: { !isIgnored($0) }) else { return }
    let waited = set
    Worker.detach {
      var waited = waited
      var signal: Int32 = 0
      while sigwait(&waited, &signal) == 0 { self.cancel(signal: signal) }
    }
  }
}

private func ignoreSignal(_ number: Int32) { Glibc.signal(number, SIG_IGN) }

extension ExchangeError {
  package static func interrupted(by signal: Int32, at step: Step) -> ExchangeError {
    ExchangeError(
      ErrorCode.interrupted(by: signal), at: step,
      "stopped by \(name(of: signal)); temporary files are removed",
      hint: signal == SIGXCPU ? "the time on the processor is limited: ulimit -t" : nil)
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGHUP: "SIGHUP"
    case SIGXCPU: "SIGXCPU"
    default: "SIGTERM"
    }
  }
}

private func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(number, nil, &action) == 0 else { return false }
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    == unsafeBitCast(SIG_IGN, to: Int.self)
}
