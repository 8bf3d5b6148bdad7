import Glibc
import Synchronization

/// Lets a signal end blocked calls: it shuts down the sockets that are registered, and their threads see an end of
/// the stream and unwind.
public final class Cancellation: Sendable {
  private struct State {
    var signal: Int32?
    var sockets: Set<Int32> = []
  }

  private let state = Mutex(State())

  public init() {}

  /// The signal that asked to stop.
  public var signal: Int32? { state.withLock { $0.signal } }

  public func cancel(signal: Int32) {
    state.withLock { state in
      state.signal = signal
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  func register(_ socket: Int32) {
    state.withLock { state in
      state.sockets.insert(socket)
      if state.signal != nil { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// Before the descriptor is closed, so that its number is never shut down for another file.
  func unregister(_ socket: Int32) {
    state.withLock { _ = $0.sockets.remove(socket) }
  }

  /// Routes SIGINT and SIGTERM here, for the rest of the program's life. Call it before any other thread starts:
  /// threads inherit the mask.
  public func handleSignals() {
    ignoreSignal(SIGPIPE)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let waited = set
    Worker.detach {
      var waited = waited
      var signal: Int32 = 0
      while sigwait(&waited, &signal) == 0 { self.cancel(signal: signal) }
    }
  }
}

private func ignoreSignal(_ number: Int32) {
  // A peer that is gone must be an error of send(2), not the end of the program.
  Glibc.signal(number, SIG_IGN)
}
