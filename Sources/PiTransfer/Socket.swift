import Glibc
import PiExchange

/// How long a call may wait. Every wait is bounded, and its end is computed anew before each system call.
package enum Timeout {
  /// For the whole, however many bytes come on the way.
  case until(Deadline)
  /// Since the last byte that moved.
  case idle(Duration)
  /// Since the last byte of ours that the peer acknowledged; what it sends does not count.
  case delivery(Duration)
}

/// A TCP connection whose calls end by a deadline or a signal. For one thread.
package final class Socket {
  package let descriptor: Int32
  package let cancellation: Cancellation
  private var handedOver: UInt64 = 0
  private var acknowledged: UInt64 = 0
  /// When `acknowledged` last grew, or had nothing to grow by.
  private var lastAcknowledgement = Monotonic.now
  /// The error that broke the connection. The kernel tells it to one call alone, were it only a look, and an end of
  /// the stream to all that follow.
  private var brokenBy: Int32?

  /// Takes the descriptor over; `brokenBy` is an error that the kernel has told already.
  package init(_ descriptor: Int32, _ cancellation: Cancellation, brokenBy: Int32? = nil) {
    self.descriptor = descriptor
    self.cancellation = cancellation
    self.brokenBy = brokenBy
    var one: Int32 = 1
    // A connection that is gone already refuses it; the next call will tell.
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  package enum Outcome: Equatable {
    case complete
    /// The peer ended its stream after so many bytes.
    case ended(after: Int)
    /// The peer sent something while it had to listen.
    case interjected
    case timedOut
    case cancelled(Int32)
    case failed(Int32)
  }

  /// Fills the whole buffer; `onProgress` hears how many bytes came at a time.
  package func receive(
    _ buffer: UnsafeMutableRawBufferPointer, _ timeout: Timeout, heedsSignals: Bool = true,
    onProgress: (Int) -> Void = { _ in }
  ) -> Outcome {
    var received = 0
    var lastByte = Monotonic.now
    while received < buffer.count {
      if heedsSignals, let signal = cancellation.signal { return .cancelled(signal) }
      switch receiveNow(UnsafeMutableRawBufferPointer(rebasing: buffer[received...])) {
      case .some(0): return .ended(after: received)
      case .some(let count):
        received += count
        lastByte = Monotonic.now
        onProgress(count)
      case .none where errno == EAGAIN:
        let waited = wait(POLLIN, timeout, since: lastByte, heedsSignals: heedsSignals)
        if waited != .complete { return waited }
      case .none: return .failed(errno)
      }
      // A peer that drips is never waited for long, but must not outlive the whole.
      if received < buffer.count, case .until(let end) = timeout, end.remaining == nil {
        return .timedOut
      }
    }
    return .complete
  }

  /// Hands all bytes to the kernel. Under `.idle` and `.delivery` the peer's acknowledgements are what counts.
  package func send(
    _ bytes: UnsafeRawBufferPointer, _ timeout: Timeout, heedsSignals: Bool = true,
    noticesInput: Bool = false
  ) -> Outcome {
    if noteAcknowledged() == 0 { lastAcknowledgement = Monotonic.now }
    guard limit(timeout, since: nil).end.remaining != nil else { return .timedOut }
    var sent = 0
    while sent < bytes.count {
      if heedsSignals, let signal = cancellation.signal { return .cancelled(signal) }
      switch sendNow(UnsafeRawBufferPointer(rebasing: bytes[sent...])) {
      case .some(let count): sent += count
      case .none where errno == EAGAIN:
        let events = noticesInput ? POLLOUT | POLLIN : POLLOUT
        let waited = wait(events, timeout, since: nil, heedsSignals: heedsSignals)
        if waited != .complete { return waited }
      case .none: return .failed(errno)
      }
    }
    return .complete
  }

  /// What is there, without waiting: 0 at the end of the stream; nil leaves the reason in `errno`.
  package func receiveNow(_ buffer: UnsafeMutableRawBufferPointer, peeking: Bool = false) -> Int? {
    let flags = MSG_DONTWAIT | (peeking ? MSG_PEEK : 0)
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(flags))
      if count > 0 || count == 0 && (brokenBy == nil || buffer.isEmpty) { return count }
      if count < 0, errno == EINTR { continue }
      return refused(errno: count == 0 ? brokenBy ?? ECONNRESET : errno)
    }
  }

  /// As much as the kernel takes, without waiting; nil leaves the reason in `errno`.
  package func sendNow(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    while true {
      let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
      if count >= 0 {
        handedOver += UInt64(count)
        return count
      }
      if errno != EINTR { return refused(errno: errno) }
    }
  }

  /// No bytes moved; leaves the reason in `errno`.
  private func refused(errno code: Int32) -> Int? {
    if code != EAGAIN, brokenBy == nil { brokenBy = code }
    errno = code == EAGAIN ? code : brokenBy ?? code
    return nil
  }

  /// Waits for the peer's next byte without taking it.
  func awaitInput(_ timeout: Timeout) -> Outcome {
    if let signal = cancellation.signal { return .cancelled(signal) }
    return hasInput
      ? .complete : wait(POLLIN, timeout, since: Monotonic.now, heedsSignals: true)
  }

  /// Whether the peer has sent something, ended its stream or broken the connection.
  var hasInput: Bool {
    var byte: UInt8 = 0
    return withUnsafeMutableBytes(of: &byte) { receiveNow($0, peeking: true) != nil }
      || errno != EAGAIN
  }

  /// Ends our stream; the peer's goes on.
  package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Bytes that the peer's machine has not acknowledged yet, the end of the stream counted as one.
  var unacknowledgedBytes: UInt64 {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? UInt64(max(0, count)) : 0
  }

  @discardableResult
  private func noteAcknowledged() -> UInt64 {
    let outstanding = unacknowledgedBytes
    let now = handedOver - min(outstanding, handedOver)
    if now > acknowledged {
      acknowledged = now
      lastAcknowledgement = Monotonic.now
    }
    return outstanding
  }
}

// Waiting.
extension Socket {
  /// `.complete` when one of `events` is possible. `since` is when the last byte came, nil for a wait to send.
  private func wait(
    _ events: Int32, _ timeout: Timeout, since lastByte: UInt64?, heedsSignals: Bool
  ) -> Outcome {
    while true {
      let (end, slice) = limit(timeout, since: lastByte)
      guard let remaining = end.remaining else { return .timedOut }
      switch Poll.wait(
        descriptor, events, min(remaining, slice), heedsSignals ? cancellation : nil)
      {
      case .signalled(let signal): return .cancelled(signal)
      case .timedOut: continue
      case .ready(let found):
        if events & POLLOUT != 0, found & POLLIN != 0 { return .interjected }
        return .complete
      }
    }
  }

  /// The end of the wait as it stands now, and after how long to look again.
  private func limit(
    _ timeout: Timeout, since lastByte: UInt64?
  ) -> (end: Deadline, slice: Duration) {
    switch timeout {
    case .until(let deadline): return (deadline, .seconds(3600))
    case .idle(let duration):
      if let lastByte { return (Deadline(duration, since: lastByte), duration) }
      return acknowledgementLimit(duration)
    case .delivery(let duration): return acknowledgementLimit(duration)
    }
  }

  /// The kernel does not tell when an acknowledgement comes: it is looked for, often enough for a few per cent.
  private func acknowledgementLimit(_ duration: Duration) -> (end: Deadline, slice: Duration) {
    noteAcknowledged()
    return (Deadline(duration, since: lastAcknowledgement), max(duration / 40, .milliseconds(1)))
  }

  /// Sleeps, but not on when the connection is gone or a signal comes: poll(2) reports a broken connection without
  /// being asked for any event.
  func rest(_ duration: Duration) {
    let (milliseconds, rest) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    if milliseconds > 0 {
      let whole = Duration.milliseconds(Int64(clamping: milliseconds))
      guard case .timedOut = Poll.wait(descriptor, 0, whole, cancellation) else { return }
    }
    var pause = timespec(tv_sec: 0, tv_nsec: Int(rest))
    nanosleep(&pause, nil)
  }
}

/// poll(2) on one descriptor and on the signal that may end the wait.
package enum Poll {
  package enum Outcome {
    case ready(Int32)
    case signalled(Int32)
    case timedOut
  }

  /// Without a descriptor a signal is seen after this long.
  private static let blindSlice: Int32 = 200

  package static func wait(
    _ descriptor: Int32, _ events: Int32, _ duration: Duration, _ cancellation: Cancellation?
  ) -> Outcome {
    var polled = [
      pollfd(fd: descriptor, events: Int16(events), revents: 0),
      pollfd(fd: cancellation?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let end = Deadline(after: duration)
    repeat {
      let count = poll(&polled, 2, timeout(end, cancellation))
      if let signal = cancellation?.signal { return .signalled(signal) }
      if count > 0, polled[0].revents != 0 { return .ready(Int32(polled[0].revents)) }
    } while end.remaining != nil
    return .timedOut
  }

  /// In whole milliseconds, never too short.
  static func timeout(_ end: Deadline, _ cancellation: Cancellation?) -> Int32 {
    let milliseconds = Int32(clamping: ((end.remaining ?? .zero).nanoseconds + 999_999) / 1_000_000)
    let isBlind = cancellation.map { $0.descriptor < 0 } ?? false
    return isBlind ? min(milliseconds, blindSlice) : milliseconds
  }
}
