import Glibc
import PiExchange

/// Where the sender waits for its receiver.
struct Listener: ~Copyable {
  private let descriptor: Int32
  private let cancellation: Cancellation
  /// With the port that the kernel chose where 0 was asked for.
  let address: SocketAddress

  init(_ address: SocketAddress, _ cancellation: Cancellation) throws(ExchangeError) {
    let descriptor = socket(
      address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure(address) }
    // A listener of a run just ended must not keep the port.
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    let bound = address.withSocketAddress { bind(descriptor, $0, $1) } ?? -1
    guard bound == 0, listen(descriptor, 1) == 0,
      let actual = SocketAddress(of: descriptor, getsockname)
    else {
      let error = Self.failure(address)
      close(descriptor)
      throw error
    }
    self.address = actual
    self.descriptor = descriptor
    self.cancellation = cancellation
    cancellation.register(descriptor)
  }

  deinit {
    cancellation.unregister(descriptor)
    close(descriptor)
  }

  /// Waits for one connection.
  func accept(_ deadline: Deadline) throws(ExchangeError) -> Socket {
    while let remaining = deadline.remaining {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let milliseconds = Int32(clamping: remaining.nanoseconds / 1_000_000 + 1)
      guard Glibc.poll(&poll, 1, milliseconds) > 0 else { continue }
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection >= 0 { return Socket(connection, cancellation) }
      // A peer that gave up before it was accepted is no reason to stop waiting.
      guard errno == ECONNABORTED || errno == EINTR else {
        throw ExchangeError(.connectionLost, at: .connect, "cannot accept: \(systemMessage())")
      }
    }
    throw ExchangeError(
      .connectFailed, at: .connect, "no receiver connected to \(address.text) in time",
      hint: "is the receiver running, and does it know this address?")
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
enum Connector {
  private static let longestPause: UInt32 = 50_000  // microseconds

  static func connect(
    to address: SocketAddress, _ deadline: Deadline, _ cancellation: Cancellation
  ) throws(ExchangeError) -> Socket {
    var pause: UInt32 = 500
    var lastError = ETIMEDOUT
    while let remaining = deadline.remaining, cancellation.signal == nil {
      switch attempt(address, remaining) {
      case .success(let descriptor): return Socket(descriptor, cancellation)
      case .failure(let failure):
        lastError = failure.code
        guard failure.isTransient else { throw error(address, lastError) }
      }
      usleep(pause)
      pause = min(pause * 2, longestPause)
    }
    throw error(address, lastError)
  }

  private struct Failure: Error {
    let code: Int32
    /// The sender or its network may come up yet.
    var isTransient: Bool {
      [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ECONNRESET, EAGAIN, EINTR, ENETDOWN]
        .contains(code)
    }
  }

  private static func attempt(
    _ address: SocketAddress, _ timeout: Duration
  ) -> Result<Int32, Failure> {
    let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(address.family, Int32(flags), 0)
    guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
    // SO_SNDTIMEO bounds connect(2) too, socket(7); at most a second, so that a signal is noticed.
    let microseconds = min(max(1, timeout.nanoseconds / 1000), 1_000_000)
    var limit = timeval(
      tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) } ?? -1
    let code = errno == EINPROGRESS ? ETIMEDOUT : errno
    guard result == 0, !isConnectedToItself(descriptor) else {
      close(descriptor)
      return .failure(Failure(code: result == 0 ? ECONNREFUSED : code))
    }
    return .success(descriptor)
  }

  /// On one machine a connection to a port of the ephemeral range can meet itself; nobody is there then.
  private static func isConnectedToItself(_ descriptor: Int32) -> Bool {
    SocketAddress(of: descriptor, getsockname) == SocketAddress(of: descriptor, getpeername)
  }

  private static func error(_ address: SocketAddress, _ code: Int32) -> ExchangeError {
    ExchangeError(
      .connectFailed, at: .connect, "cannot connect to \(address.text): \(systemMessage(code))",
      hint: "is the sender running there?")
  }
}
