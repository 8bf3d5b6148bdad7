import Glibc
import PiExchange

/// Where the sender waits for its receiver.
package final class Listener {
  /// Connections that the kernel completes before they are accepted.
  private static let backlog: Int32 = 64

  package let descriptor: Int32
  /// With the port that the kernel chose where 0 was asked for.
  package let address: SocketAddress

  package init(_ address: SocketAddress) throws(ExchangeError) {
    let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(address.family, Int32(flags), 0)
    guard descriptor >= 0 else { throw Self.failure(address) }
    // A listener of a run just ended must not keep the port.
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    let bound = address.withSocketAddress { bind(descriptor, $0, $1) } ?? -1
    guard bound == 0, listen(descriptor, Self.backlog) == 0,
      let actual = SocketAddress(of: descriptor, getsockname)
    else {
      let error = Self.failure(address)
      close(descriptor)
      throw error
    }
    self.address = actual
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  package enum Acceptance {
    case connection(Int32)
    case none
    /// Descriptors or memory have run out.
    case exhausted
  }

  /// A connection that is there, without waiting.
  package func accept() throws(ExchangeError) -> Acceptance {
    while true {
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return .connection(connection)
      }
      switch errno {
      case EAGAIN: return .none
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
      // accept(2): errors of a connection that ended before it was accepted are no reason to stop waiting.
      case EINTR, ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
        EOPNOTSUPP, ENETUNREACH, EPERM, ETIMEDOUT:
        continue
      default:
        throw ExchangeError(.connectionLost, at: .connect, "cannot accept: \(systemMessage())")
      }
    }
  }

  private static func failure(_ address: SocketAddress) -> ExchangeError {
    let code = errno
    let hint: String? =
      switch code {
      case EADDRINUSE: "another program listens there; choose another port, or 0 for a free one"
      case EADDRNOTAVAIL: "this board does not have that address"
      case EACCES: "ports below 1024 need privileges"
      default: nil
      }
    return ExchangeError(
      .listenFailed, at: .listen, "cannot listen on \(address.text): \(systemMessage(code))",
      hint: hint)
  }
}

/// How the receiver reaches its sender: again and again until the deadline, since boards start in any order.
package struct Connector {
  private static let firstPause: Duration = .microseconds(500)
  private static let longestPause: Duration = .milliseconds(50)
  /// One that is not answered is begun anew: the kernel's own pauses between attempts double.
  private static let longestAttempt: Duration = .seconds(3)

  let address: SocketAddress
  let deadline: Deadline
  let cancellation: Cancellation
  private var pause = Connector.firstPause

  package init(to address: SocketAddress, _ deadline: Deadline, _ cancellation: Cancellation) {
    self.address = address
    self.deadline = deadline
    self.cancellation = cancellation
  }

  /// At least one attempt is made.
  package mutating func connect() throws(ExchangeError) -> Socket {
    while true {
      try cancellation.check(at: .connect)
      let failure: Failure
      switch attempt() {
      case .success(let socket): return socket
      case .failure(let error): failure = error
      }
      guard failure.isTransient, deadline.remaining != nil else {
        throw ExchangeError(
          .connectFailed, at: .connect,
          "cannot connect to \(address.text): \(systemMessage(failure.code))",
          hint: failure.hint)
      }
      rest()
    }
  }

  /// Before the next attempt, longer each time.
  mutating func rest() {
    _ = Poll.wait(-1, 0, min(pause, deadline.remaining ?? .zero), cancellation)
    pause = min(pause * 2, Self.longestPause)
  }

  private struct Failure: Error {
    let code: Int32
    var hint: String? {
      if code == EMFILE { return "this process may open too few files: ulimit -n 64" }
      return isTransient ? "is the sender running there?" : nil
    }

    /// The sender or its network may come up yet.
    var isTransient: Bool {
      [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ECONNRESET, EAGAIN, EINTR, ENETDOWN]
        .contains(code)
    }
  }

  private func attempt() -> Result<Socket, Failure> {
    let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(address.family, Int32(flags), 0)
    guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
    let result = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) } ?? -1
    let code = result == 0 ? 0 : errno == EINPROGRESS ? completion(of: descriptor) : errno
    // Refused by none: it was made, and reset before we looked. Its bytes may be there.
    let isReset = result != 0 && code == ECONNRESET
    guard code == 0 || isReset, !Self.isConnectedToItself(descriptor) else {
      close(descriptor)
      return .failure(Failure(code: code == 0 ? ECONNREFUSED : code))
    }
    return .success(Socket(descriptor, cancellation, brokenBy: isReset ? code : nil))
  }

  /// The error with which the attempt ended, 0 where it is connected.
  private func completion(of descriptor: Int32) -> Int32 {
    let limit = min(deadline.remaining ?? .zero, Self.longestAttempt)
    guard case .ready = Poll.wait(descriptor, POLLOUT, limit, cancellation) else {
      return ETIMEDOUT
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }

  /// On one machine a connection to a port of the ephemeral range can meet itself; nobody is there then.
  private static func isConnectedToItself(_ descriptor: Int32) -> Bool {
    SocketAddress(of: descriptor, getsockname) == SocketAddress(of: descriptor, getpeername)
  }
}
