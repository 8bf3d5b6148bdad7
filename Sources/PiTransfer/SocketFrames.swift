import Glibc
import PiCrypto
import PiExchange

/// How frames of the protocol are moved, and how failures of the socket are told.
extension Socket {
  /// A whole frame.
  package func receiveFrame(
    _ type: FrameType, _ timeout: Timeout, at step: Step
  ) throws(ExchangeError) -> Frame {
    var reader = FrameReader(expecting: type)
    while true {
      var bytes = [UInt8](repeating: 0, count: reader.bytesNeeded)
      try check(bytes.withUnsafeMutableBytes { receive($0, timeout) }, at: step)
      if let frame = try reader.receive(bytes) { return frame }
    }
  }

  /// Hands all of a frame to the kernel, which the peer may take its time to empty only as long as `idle`.
  package func sendAll(_ bytes: [UInt8], idle: Duration, at step: Step) throws(ExchangeError) {
    try checkSent(bytes.withUnsafeBytes { send($0, .idle(idle), noticesInput: true) }, at: step)
  }

  /// RECEIPT, at the latest so long after the peer's machine has taken our last byte. What comes before that cannot be
  /// an answer to the end of our stream.
  package func receiveReceipt(idle: Duration) throws(ExchangeError) -> Frame {
    try check(awaitInput(.delivery(idle)), at: .receipt)
    let isTooEarly = unacknowledgedBytes > 0
    let frame = try receiveFrame(.receipt, .delivery(idle), at: .receipt)
    if isTooEarly { throw Self.outOfOrder(at: .receipt) }
    return frame
  }

  /// The stream must end here, with not one byte more.
  package func requireEnd(by deadline: Deadline, at step: Step) throws(ExchangeError) {
    var byte: UInt8 = 0
    let outcome = withUnsafeMutableBytes(of: &byte) { receive($0, .until(deadline)) }
    switch outcome {
    case .ended: return
    case .complete:
      throw ExchangeError(.trailingData, at: step, "the peer sent bytes after the end")
    default: try check(outcome, at: step)
    }
  }

  /// While we send the peer has nothing to say but ALERT.
  func requireSilence(at step: Step) throws(ExchangeError) {
    if hasInput { try throwInterjection(at: step) }
  }

  package func check(_ outcome: Outcome, at step: Step) throws(ExchangeError) {
    switch outcome {
    case .complete: return
    case .ended:
      throw ExchangeError(.truncated, at: step, "the peer ended the connection too early")
    case .timedOut:
      throw ExchangeError(.idleTimeout, at: step, "the peer sent nothing for too long")
    case .interjected: try throwInterjection(at: step)
    case .cancelled(let signal): throw .interrupted(by: signal, at: step)
    case .failed(let code):
      throw ExchangeError(.connectionLost, at: step, systemMessage(code))
    }
  }

  /// A peer that gives up sends ALERT and closes; then our next bytes fail, and the alert says why.
  package func checkSent(_ outcome: Outcome, at step: Step) throws(ExchangeError) {
    switch outcome {
    case .timedOut:
      throw ExchangeError(.idleTimeout, at: step, "the peer took nothing for too long")
    case .failed(EPIPE), .failed(ECONNRESET):
      try throwPendingAlert(at: step)
    default: break
    }
    try check(outcome, at: step)
  }

  private static let alertTimeout: Duration = .milliseconds(100)

  private func throwPendingAlert(at step: Step) throws(ExchangeError) {
    do throws(ExchangeError) {
      let end = Deadline(after: Self.alertTimeout)
      _ = try receiveFrame(.alert, .until(end), at: step)
    } catch {
      if error.code == .peerAlert { throw ExchangeError(.peerAlert, at: step, error.message) }
    }
  }

  /// What the peer said while it had to listen: ALERT, or something out of order.
  private func throwInterjection(at step: Step) throws(ExchangeError) {
    var reader = FrameReader(expecting: .alert)
    let end = Deadline(after: Self.alertTimeout)
    for _ in 0..<2 {
      var bytes = [UInt8](repeating: 0, count: reader.bytesNeeded)
      switch bytes.withUnsafeMutableBytes({ receive($0, .until(end)) }) {
      case .complete: break
      case .timedOut: throw Self.outOfOrder(at: step)
      case let outcome: try check(outcome, at: step)
      }
      do throws(ExchangeError) {
        _ = try reader.receive(bytes)
      } catch {
        guard error.code == .peerAlert else { throw Self.outOfOrder(at: step) }
        throw ExchangeError(.peerAlert, at: step, error.message)
      }
    }
  }

  static func outOfOrder(at step: Step) -> ExchangeError {
    ExchangeError(
      .badFrame, at: step,
      "the receiver sent bytes before it had the image: a receipt comes after the end of the stream"
    )
  }
}
