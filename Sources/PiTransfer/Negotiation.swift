import Glibc
import PiCrypto
import PiExchange

/// One connection on its way to a confirmed key, driven by what its socket can do without waiting.
///
/// The sender has several at once, the receiver one after the other.
package final class Negotiation {
  /// How far the peer has come.
  enum Progress: Int, Comparable {
    case connected, preamble, hello, confirmed

    static func < (one: Progress, other: Progress) -> Bool { one.rawValue < other.rawValue }
  }

  package let socket: Socket
  package let deadline: Deadline
  private(set) var progress = Progress.connected
  private(set) var times: StepTimes
  private(set) var marks: Marks
  /// What could not be sent yet.
  package private(set) var outgoing: [UInt8]
  private var incoming: [UInt8] = []
  private var handshake: Handshake?
  private let loadPreSharedKey: () throws(ExchangeError) -> SecretBytes?

  /// The connection has just been made.
  package init(_ socket: Socket, _ exchanging: Exchanging, _ handshake: consuming Handshake) {
    self.socket = socket
    times = exchanging.times
    marks = exchanging.marks
    marks.connected = Monotonic.now
    deadline = Deadline(exchanging.options.handshakeTimeout, since: marks.connected)
    outgoing = handshake.opening
    self.handshake = consume handshake
    loadPreSharedKey = { () throws(ExchangeError) in try exchanging.loadPreSharedKey() }
  }

  /// Our public value, and the peer's and the transcript once the keys are derived; until `finish`.
  package var publicValue: [UInt8]? { handshake?.publicValue }
  package var peerPublicValue: [UInt8]? { handshake?.peerPublicValue }
  package var transcript: [UInt8]? { handshake?.transcript }

  /// What to poll for.
  package var events: Int32 { outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT }

  /// The step in which the peer is late.
  var step: Step { progress < .hello ? .hello : .confirm }

  /// Does all that needs no waiting; true once the key is confirmed.
  package func advance() throws(ExchangeError) -> Bool {
    flush()
    while progress < .confirmed {
      guard let needed = handshake?.bytesNeeded, let bytes = try receive(needed) else {
        return false
      }
      try take(bytes)
      flush()
    }
    return true
  }

  /// Waits for it all, by the deadline.
  func complete() throws(ExchangeError) {
    while try !advance() {
      let remaining = try remaining()
      let outcome = Poll.wait(socket.descriptor, events, remaining, socket.cancellation)
      if case .signalled(let signal) = outcome { throw .interrupted(by: signal, at: step) }
    }
  }

  /// Until the deadline; throws when it has passed.
  package func remaining() throws(ExchangeError) -> Duration {
    guard let remaining = deadline.remaining else {
      throw ExchangeError(
        .handshakeTimeout, at: step, "the peer did not finish the handshake in time")
    }
    return remaining
  }

  /// The agreed session; once, after `advance` has returned true.
  package func finish() -> Session {
    guard let handshake = handshake.take() else { preconditionFailure("taken already") }
    return handshake.finish()
  }

  private func take(_ bytes: [UInt8]) throws(ExchangeError) {
    switch try handshake?.receive(bytes) {
    case .helloAccepted:
      progress = .hello
      marks.hello = Monotonic.now
      try derive()
    case .confirmed:
      progress = .confirmed
      marks.confirmed = Monotonic.now
      times[.exchange] = marks.confirmed - marks.connected - times[.secret]
    case nil: progress = max(progress, .preamble)
    }
  }

  private func derive() throws(ExchangeError) {
    let start = Monotonic.now
    let key = try loadPreSharedKey()
    if let confirm = try handshake?.deriveKeys(preSharedKey: key) { outgoing += confirm }
    times[.secret] += Monotonic.now - start
  }

  /// Exactly so many bytes, nil as long as they are not there.
  private func receive(_ needed: Int) throws(ExchangeError) -> [UInt8]? {
    while incoming.count < needed {
      let count = withUnsafeTemporaryAllocation(byteCount: needed - incoming.count, alignment: 1) {
        buffer in
        let count = socket.receiveNow(buffer)
        if let count { incoming += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        return count
      }
      guard let count else {
        if errno == EAGAIN { return nil }
        throw ExchangeError(.connectionLost, at: step, systemMessage(errno))
      }
      guard count > 0 else {
        throw ExchangeError(.truncated, at: step, "the peer ended the connection too early")
      }
    }
    defer { incoming.removeAll(keepingCapacity: true) }
    return incoming
  }

  /// A failure to send is told when the peer's last words have been read: an ALERT may be among them.
  private func flush() {
    while !outgoing.isEmpty {
      guard let count = outgoing.withUnsafeBytes({ socket.sendNow($0) }) else {
        if errno == EAGAIN { return }
        outgoing = []
        return
      }
      outgoing.removeFirst(count)
    }
  }
}
