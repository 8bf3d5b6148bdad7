import Glibc
import PiExchange

/// A TCP connection with time-outs that a signal can end.
final class Socket: Sendable {
  let descriptor: Int32
  private let cancellation: Cancellation

  /// Takes the descriptor over.
  init(_ descriptor: Int32, _ cancellation: Cancellation) {
    self.descriptor = descriptor
    self.cancellation = cancellation
    cancellation.register(descriptor)
    setOption(IPPROTO_TCP, TCP_NODELAY, Int32(1))
  }

  deinit {
    cancellation.unregister(descriptor)
    close(descriptor)
  }

  /// How long a single send or receive may move no byte.
  func setTimeout(_ timeout: Duration) {
    // Zero would mean for ever.
    let microseconds = max(1, timeout.nanoseconds / 1000)
    let value = timeval(
      tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    setOption(SOL_SOCKET, SO_RCVTIMEO, value)
    setOption(SOL_SOCKET, SO_SNDTIMEO, value)
  }

  private func setOption<Value: BitwiseCopyable>(_ level: Int, _ name: Int32, _ value: Value) {
    setOption(Int32(level), name, value)
  }

  private func setOption<Value: BitwiseCopyable>(_ level: Int32, _ name: Int32, _ value: Value) {
    var value = value
    let result = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Value>.size))
    // The options above exist on every Linux that pilab knows.
    precondition(result == 0, "setsockopt: \(systemMessage())")
  }

  enum Outcome: Equatable {
    case complete
    /// The peer ended its stream after so many bytes.
    case ended(after: Int)
    case timedOut
    case failed(Int32)
  }

  /// Fills the whole buffer; `onProgress` hears how many bytes came at a time.
  func receive(
    _ buffer: UnsafeMutableRawBufferPointer, onProgress: (Int) -> Void = { _ in }
  ) -> Outcome {
    var received = 0
    while received < buffer.count {
      let count = recv(descriptor, buffer.baseAddress! + received, buffer.count - received, 0)
      if count == 0 { return .ended(after: received) }
      if count < 0 {
        if errno == EINTR { continue }
        return errno == EAGAIN ? .timedOut : .failed(errno)
      }
      received += count
      onProgress(count)
    }
    return .complete
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    var sent = 0
    var unacknowledged = Int32.max
    while sent < bytes.count {
      let count = Glibc.send(
        descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        // On a slow link the buffer may take nothing for long and yet drain: then the peer is not idle.
        let now = unacknowledgedBytes
        guard now < unacknowledged else { return .timedOut }
        unacknowledged = now
      } else if errno != EINTR {
        return .failed(errno)
      }
    }
    return .complete
  }

  /// Ends our stream; the peer's goes on.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Bytes that the peer has not acknowledged yet.
  var unacknowledgedBytes: Int32 {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? count : 0
  }

  /// Sleeps, but not on when the connection is gone: poll(2) reports that without being asked for any event.
  func rest(_ duration: Duration) {
    let (milliseconds, rest) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    if milliseconds > 0 {
      var poll = pollfd(fd: descriptor, events: 0, revents: 0)
      guard Glibc.poll(&poll, 1, Int32(clamping: milliseconds)) == 0 else { return }
    }
    var pause = timespec(tv_sec: 0, tv_nsec: Int(rest))
    nanosleep(&pause, nil)
  }

  /// Whether the peer's bytes, or its end of the stream, can be read within `timeout`.
  func waitReadable(_ timeout: Duration) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(clamping: timeout.nanoseconds / 1_000_000)
    return Glibc.poll(&poll, 1, milliseconds) > 0
  }
}
