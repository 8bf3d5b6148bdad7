import Glibc
import PiExchange
import PiTransfer

/// Two exchanges in place of one: as the receiver with the sender, as the sender with the receiver.
///
/// ```
///   sender ══ key 1 ══▶ decrypt ─▶ keep ─▶ encrypt ══ key 2 ══▶ receiver
/// ```
/// Blocks the thread that runs it.
final class ManInTheMiddle {
  private let session: InterceptedSession
  private let sender: Socket
  private let receiver: Socket

  init(_ session: InterceptedSession, sender: Socket, receiver: Socket) {
    (self.session, self.sender, self.receiver) = (session, sender, receiver)
  }

  private static let handshakeTimeout: Duration = .seconds(10)

  func run() {
    let names = HelloPeek(sender: sender, receiver: receiver).names(in: session)
    guard session.stop.signal == nil else { return }
    let options = session.options
    let front = Leg(
      with: .sender, as: options.receiverName ?? names.receiver ?? options.name, over: sender,
      options)
    let back = Leg(
      with: .receiver, as: options.senderName ?? names.sender ?? options.name, over: receiver,
      options)
    agree([front, back])
    for leg in [front, back] { note(leg) }
    if front.isConfirmed, back.isConfirmed {
      do throws(Transit.Failure) {
        try Transit(session, from: front, to: back).run()
      } catch {
        (error.with == .sender ? front : back).error = error.error
      }
    }
    for (leg, other) in [(front, back), (back, front)] {
      if let error = leg.error ?? other.error { leg.giveUp(because: error) }
      session.journal.ended(leg.report(session: session.number))
    }
  }

  private func note(_ leg: Leg) {
    session.journal.passed(leg.openingBytes, to: leg.with)
    guard leg.isConfirmed else { return }
    let count = Wire.frameHeaderSize + FrameType.confirm.payloadSizes.upperBound
    session.journal.received(count, from: leg.with)
    session.journal.passed(count, to: leg.with)
    session.journal.markChanged(
      session.journal.saw(
        .confirm, bytes: UInt64(count), from: leg.with, session: session.number))
  }

  /// Both handshakes, each to its own end.
  private func agree(_ legs: [Leg]) {
    for leg in legs { leg.advance() }
    while case let open = legs.filter({ !$0.isDecided }), !open.isEmpty {
      var polled = open.map {
        pollfd(
          fd: $0.socket.descriptor, events: Int16($0.negotiation.events), revents: 0)
      }
      polled.append(
        pollfd(fd: session.stop.descriptor, events: Int16(POLLIN), revents: 0))
      Glibc.poll(&polled, nfds_t(polled.count), 100)
      if let signal = session.stop.signal {
        for leg in open { leg.error = .interrupted(by: signal, at: .confirm) }
      }
      for leg in open where leg.error == nil { leg.advance() }
    }
  }
}

/// Looks at what both sides say of themselves without taking it: their names are to be believed.
struct HelloPeek {
  let sender: Socket
  let receiver: Socket

  private static let patience: Duration = .seconds(10)
  /// PREAMBLE and the longest HELLO.
  private static let mostBytes =
    Wire.preambleSize + Wire.frameHeaderSize + FrameType.hello.payloadSizes.upperBound

  /// nil for a side that says nothing that can be understood.
  func names(in session: InterceptedSession) -> (sender: BoardName?, receiver: BoardName?) {
    let end = Deadline(after: Self.patience)
    var found: (sender: Sight, receiver: Sight) = (.waiting, .waiting)
    while end.remaining != nil, session.stop.signal == nil {
      if case .waiting = found.sender { found.sender = look(sender, .sender) }
      if case .waiting = found.receiver { found.receiver = look(receiver, .receiver) }
      if !found.sender.isWaiting, !found.receiver.isWaiting { break }
      // A descriptor with bytes that are not taken is always ready: looked at from time to time instead.
      _ = Poll.wait(-1, 0, InterceptedSession.lookingInterval, session.stop)
    }
    let (one, other) = (found.sender.frame, found.receiver.frame)
    if let one { note(one, from: .sender, in: session) }
    if let other { note(other, from: .receiver, in: session) }
    return (name(one), name(other))
  }

  /// Nothing of it reaches the other side.
  private func note(_ hello: Frame, from role: Role, in session: InterceptedSession) {
    session.saw(hello, from: role)
    for (part, count) in [(.preamble, Wire.preambleSize), (.hello, hello.encoded.count)]
      as [(StreamPart, Int)]
    {
      session.journal.received(count, from: role)
      session.journal.markChanged(
        session.journal.saw(part, bytes: UInt64(count), from: role, session: session.number))
    }
  }

  private enum Sight {
    case waiting, none
    case hello(Frame)

    var isWaiting: Bool { if case .waiting = self { true } else { false } }
    var frame: Frame? { if case .hello(let frame) = self { frame } else { nil } }
  }

  private func look(_ socket: Socket, _ role: Role) -> Sight {
    var bytes = [UInt8](repeating: 0, count: Self.mostBytes)
    let count = bytes.withUnsafeMutableBytes { socket.receiveNow($0, peeking: true) }
    guard let count, count > 0 else { return count == nil && errno == EAGAIN ? .waiting : .none }
    return bytes.withUnsafeBytes { raw in
      var reader = StreamReader(from: role)
      var rest = UnsafeRawBufferPointer(rebasing: raw[..<count])
      while !rest.isEmpty {
        let (element, consumed) = reader.read(rest)
        rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
        switch element {
        case .frame(let frame): return frame.type == .hello ? .hello(frame) : .none
        case .unparsed: return .none
        default: continue
        }
      }
      return .waiting
    }
  }

  private func name(_ frame: Frame?) -> BoardName? {
    guard let frame else { return nil }
    do { return try Hello(decoding: frame.payload).name } catch { return nil }
  }
}
