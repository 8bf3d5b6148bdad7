import Glibc
import PiExchange

// How a peer is told that we give up.
extension Socket {
  /// Tells the peer why, then lets the words arrive: closing with unread bytes would reset the connection. All of it
  /// takes no longer than `limit`, and a signal does not cut it short: it may be the very reason.
  func giveUp(_ error: ExchangeError, within limit: Duration) {
    if let alert = error.code.alert { giveUp(alert, within: limit) }
  }

  package func giveUp(_ alert: Alert, within limit: Duration) {
    let end = Deadline(after: limit)
    let bytes = Frame.alert(alert).encoded
    _ = bytes.withUnsafeBytes { send($0, .until(end), heedsSignals: false) }
    finishSending()
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { scratch in
      while receive(scratch, .until(end), heedsSignals: false) == .complete {}
    }
  }

  /// The connection will end with a reset instead of the end of our stream.
  package func resetAtClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Takes what has come; true at the end of the stream and when the connection is broken.
  func drain() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { scratch in
      // A peer that never stops sending is left when its time is over.
      for _ in 0..<16 {
        guard let count = receiveNow(scratch) else { return errno != EAGAIN }
        if count == 0 { return true }
      }
      return false
    }
  }
}

extension Negotiation {
  /// ALERT and the end of our stream, as far as they go out without waiting; false where the peer is not told.
  func say(_ error: ExchangeError) -> Bool {
    guard let alert = error.code.alert else { return false }
    // Only after whole frames: inside one it would be taken for a part of it.
    let bytes = outgoing + Frame.alert(alert).encoded
    let count = bytes.withUnsafeBytes { socket.sendNow($0) }
    socket.finishSending()
    return count == bytes.count
  }
}
