import Foundation
import HostKit
import LabCore
import LabRun
import Synchronization

/// Receives SIGINT, SIGTERM, SIGHUP and SIGXCPU on the main thread, which does nothing else and so works whatever the others wait
/// for. A signal that was ignored when pilab was started (nohup, `trap ''`) stays ignored.
///
/// A handler passes them on by a pipe. Blocking them and waiting would not do: threads of libraries unblock all signals.
final class SignalWatch: Sendable {
  static let shared = SignalWatch()

  /// Those that ask pilab to end.
  static let endings = [SIGINT, SIGTERM, SIGHUP, SIGXCPU]

  private enum Phase {
    /// A signal does what it would do anyway.
    case idle
    case guarding(@Sendable (Int32) -> Void)
    /// The work is done, and its outcome stands.
    case done
  }

  private struct State {
    var phase = Phase.idle
    /// Set while a task that was asked for a sign of life owes it.
    var awaitsSign = false
    var silence = 0
  }

  private let state = Mutex(State())

  /// Between two looks whether tasks still run, milliseconds.
  private static let interval: Int32 = 2000
  /// So many looks in vain, while the kernel refuses threads, and nothing will ever run again.
  private static let timeout = 4

  /// Before anything is begun.
  func begin() {
    // A child of a process that ignores SIGCHLD leaves no status to wait for.
    signal(SIGCHLD, SIG_DFL)
    // A reader that goes away is seen as EPIPE by whoever writes, a file that may not grow as EFBIG.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // Whoever started pilab may have blocked some.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
  }

  func start() throws(ProcessRoom.Shortage) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      let fault = SystemFault(errno, .start)
      throw ProcessRoom.Shortage(
        message: "pilab cannot prepare for signals", hint: fault.hint ?? "see: ulimit -n",
        cause: fault.description)
    }
    (source, target) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    for number in Self.endings where !Self.isIgnored(number) {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(target, &byte, 1)
        errno = before
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }

  /// Until `end`, `handler` gets the signals.
  func guarding(_ handler: @escaping @Sendable (Int32) -> Void) {
    state.withLock { $0.phase = .guarding(handler) }
  }

  func end() { state.withLock { $0.phase = .done } }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// What the main thread does from now on.
  func watch() -> Never {
    var ready = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
    var bytes = [UInt8](repeating: 0, count: 64)
    while true {
      switch poll(&ready, 1, Self.interval) {
      case 0: look()
      case 1...:
        let count = read(source, &bytes, bytes.count)
        for byte in bytes.prefix(max(0, count)) { take(Int32(byte)) }
      default: break
      }
    }
  }

  private func take(_ number: Int32) {
    switch state.withLock({ $0.phase }) {
    case .guarding(let handler): handler(number)
    case .done: break
    case .idle:
      signal(number, SIG_DFL)
      kill(getpid(), number)
    }
  }

  /// Ends pilab where it waits for a thread that it will never get: Dispatch does so for ever.
  private func look() {
    let silence = state.withLock { state -> Int in
      state.silence = state.awaitsSign ? state.silence + 1 : 0
      return state.silence
    }
    if silence == 0 {
      state.withLock { $0.awaitsSign = true }
      Task.detached { self.state.withLock { $0.awaitsSign = false } }
    } else if silence >= Self.timeout, !ProcessRoom.hasThread {
      let error = LabError(
        ProcessRoom.Shortage(
          message: "the kernel gives pilab no more threads, so it cannot go on",
          hint: "raise ulimit -u or ulimit -v, then take away what is left: pilab down --all"))
      Console.tell("pilab: \(error)\n" + (error.hint.map { "  hint: \($0)\n" } ?? ""))
      _exit(error.code.status.rawValue)
    }
  }
}

/// The two ends of the pipe. Set once, by the only thread there is then; a handler can reach nothing but globals.
private nonisolated(unsafe) var source: Int32 = -1
private nonisolated(unsafe) var target: Int32 = -1
