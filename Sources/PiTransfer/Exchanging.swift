import Glibc
import PiCrypto
import PiExchange

// How bytes of the protocol are moved, and how failures of the socket are told.
extension Socket {
  /// `count` bytes, at the latest by the deadline.
  func receive(
    _ count: Int, by deadline: Deadline, at step: Step
  ) throws(ExchangeError) -> [UInt8] {
    guard let remaining = deadline.remaining else { throw Self.handshakeTimeout(step) }
    setTimeout(remaining)
    var bytes = [UInt8](repeating: 0, count: count)
    let outcome = bytes.withUnsafeMutableBytes { receive($0) }
    if outcome == .timedOut { throw Self.handshakeTimeout(step) }
    try check(outcome, at: step)
    return bytes
  }

  /// A whole frame, under the socket's idle time-out.
  func receiveFrame(_ type: FrameType, at step: Step) throws(ExchangeError) -> Frame {
    var reader = FrameReader(expecting: type)
    while true {
      var bytes = [UInt8](repeating: 0, count: reader.bytesNeeded)
      try check(bytes.withUnsafeMutableBytes { receive($0) }, at: step)
      if let frame = try reader.receive(bytes) { return frame }
    }
  }

  func sendAll(_ bytes: [UInt8], at step: Step) throws(ExchangeError) {
    try checkSent(bytes.withUnsafeBytes { send($0) }, at: step)
  }

  /// The stream must end here, with not one byte more.
  func requireEnd(at step: Step) throws(ExchangeError) {
    var byte: UInt8 = 0
    let outcome = withUnsafeMutableBytes(of: &byte) { receive($0) }
    switch outcome {
    case .ended: return
    case .complete:
      throw ExchangeError(.trailingData, at: step, "the peer sent bytes after the end")
    default: try check(outcome, at: step)
    }
  }

  func check(_ outcome: Outcome, at step: Step) throws(ExchangeError) {
    switch outcome {
    case .complete: return
    case .ended:
      throw ExchangeError(.truncated, at: step, "the peer ended the connection too early")
    case .timedOut:
      throw ExchangeError(.idleTimeout, at: step, "the peer sent nothing for too long")
    case .failed(let code):
      throw ExchangeError(.connectionLost, at: step, systemMessage(code))
    }
  }

  /// A peer that gives up sends ALERT and closes; then our next bytes fail, and the alert says why.
  func checkSent(_ outcome: Outcome, at step: Step) throws(ExchangeError) {
    switch outcome {
    case .timedOut:
      throw ExchangeError(.idleTimeout, at: step, "the peer took nothing for too long")
    case .failed(EPIPE), .failed(ECONNRESET):
      try throwPendingAlert(at: step)
    default: break
    }
    try check(outcome, at: step)
  }

  private func throwPendingAlert(at step: Step) throws(ExchangeError) {
    guard waitReadable(.milliseconds(100)) else { return }
    var reader = FrameReader(expecting: .alert)
    for _ in 0..<2 {
      var bytes = [UInt8](repeating: 0, count: reader.bytesNeeded)
      guard bytes.withUnsafeMutableBytes({ receive($0) }) == .complete else { return }
      do {
        _ = try reader.receive(bytes)
      } catch {
        guard error.code == .peerAlert else { return }
        throw ExchangeError(.peerAlert, at: step, error.message)
      }
    }
  }

  /// Tells the peer why, then lets the words arrive: closing with unread bytes would reset the connection.
  func giveUp(_ error: ExchangeError) {
    guard let alert = error.code.alert else { return }
    _ = Frame.alert(alert).encoded.withUnsafeBytes { send($0) }
    finishSending()
    setTimeout(.milliseconds(100))
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { scratch in
      for _ in 0..<16 where receive(scratch) != .complete { return }
    }
  }

  private static func handshakeTimeout(_ step: Step) -> ExchangeError {
    ExchangeError(.handshakeTimeout, at: step, "the peer did not finish the handshake in time")
  }
}

/// The exchange as far as both roles have it.
struct Exchanging {
  let options: CommonOptions
  var times = StepTimes()
  var marks = Marks()

  init(_ options: CommonOptions) {
    self.options = options
    marks.start = Monotonic.now
  }

  var isClassic: Bool { options.configuration.profile == .classic }

  /// The trailer of profile classic needs it.
  var hashesPlaintext: Bool { isClassic || options.digests.contains(.plaintext) }

  var hashesCiphertext: Bool { options.digests.contains(.ciphertext) }

  /// An unusable key file must be found before anybody waits for a peer. The key is read again when it is needed,
  /// so that it lies in no memory meanwhile.
  func requirePreSharedKey() throws(ExchangeError) { _ = try loadPreSharedKey() }

  private func loadPreSharedKey() throws(ExchangeError) -> SecretBytes? {
    guard options.configuration.authentication == .preSharedKey else { return nil }
    guard let path = options.preSharedKeyFile else {
      throw ExchangeError(.usage, at: .arguments, "authentication needs a pre-shared key file")
    }
    return try PreSharedKey.load(path)
  }

  mutating func makeKeyPair() throws(ExchangeError) -> KeyPair {
    let group = options.configuration.group
    let text = options.privateExponent
    return try times.measure(.keyGeneration) { () throws(ExchangeError) -> KeyPair in
      guard let text else { return KeyPair(generatingIn: group) }
      do {
        return try KeyPair(fixed: text, in: group)
      } catch {
        throw ExchangeError(.usage, at: .arguments, "--private-exponent: \(error)")
      }
    }
  }

  /// From the connection to the confirmed key.
  mutating func agree(
    over socket: Socket, keyPair: consuming KeyPair
  ) throws(ExchangeError) -> Session {
    marks.connected = Monotonic.now
    let deadline = Deadline(after: options.handshakeTimeout)
    socket.setTimeout(options.handshakeTimeout)
    var handshake = Handshake(configuration: options.configuration, keyPair: keyPair)
    try socket.sendAll(handshake.opening, at: .hello)
    try advance(&handshake, to: .helloAccepted, over: socket, deadline, at: .hello)
    marks.hello = Monotonic.now
    let derivation = Monotonic.now
    let confirm = try handshake.deriveKeys(preSharedKey: try loadPreSharedKey())
    times[.secret] += Monotonic.now - derivation
    try socket.sendAll(confirm, at: .confirm)
    try advance(&handshake, to: .confirmed, over: socket, deadline, at: .confirm)
    marks.confirmed = Monotonic.now
    times[.exchange] = marks.confirmed - marks.connected - times[.secret]
    socket.setTimeout(options.idleTimeout)
    return handshake.finish()
  }

  private func advance(
    _ handshake: inout Handshake, to event: Handshake.Event, over socket: Socket,
    _ deadline: Deadline, at step: Step
  ) throws(ExchangeError) {
    while true {
      let bytes = try socket.receive(handshake.bytesNeeded, by: deadline, at: step)
      if try handshake.receive(bytes) == event { return }
    }
  }
}
