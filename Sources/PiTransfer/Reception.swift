import Glibc
import PiExchange

/// How the sender finds its receiver among all that connect: the first that confirms the key wins.
///
/// ```
///   listener ── accept ──▶ negotiating ── first verified CONFIRM ──▶ the image
///                               │ fault, time-out
///                               ▼
///                            leaving: ALERT, at most 1 s
/// ```
struct Reception: ~Copyable {
  /// Bounds memory and descriptors; a connection more makes the one give way that has come least far.
  static let capacity = 32

  private final class Guest {
    let negotiation: Negotiation
    let address: SocketAddress?
    var isAnnounced: Bool
    /// Set once it was refused: until then it may read the ALERT.
    var leaves: Deadline?

    init(_ negotiation: Negotiation, _ address: SocketAddress?, isAnnounced: Bool) {
      self.negotiation = negotiation
      self.address = address
      self.isAnnounced = isAnnounced
    }

    var deadline: Deadline { leaves ?? negotiation.deadline }
    var events: Int32 { leaves == nil ? negotiation.events : POLLIN }
    var descriptor: Int32 { negotiation.socket.descriptor }
  }

  private let exchanging: Exchanging
  private let cancellation: Cancellation
  private let onEvent: EventHandler
  private let end: Deadline
  private let attempts: Int
  private var listener: Listener?
  private var guests: [Guest] = []
  private var refused = 0
  private var mostTelling: ExchangeError?
  private var meter = EventMeter()
  private let address: SocketAddress

  init(
    _ listener: Listener, _ options: SenderOptions, _ exchanging: Exchanging,
    _ cancellation: Cancellation, _ onEvent: @escaping EventHandler
  ) {
    address = listener.address
    self.listener = listener
    self.exchanging = exchanging
    self.cancellation = cancellation
    self.onEvent = onEvent
    end = Deadline(after: options.common.connectTimeout)
    attempts = options.attempts ?? .max
  }

  /// The connection with a confirmed key; all others are told to go.
  consuming func winner() throws(ExchangeError) -> Negotiation {
    do {
      while true {
        if let winner = try round() {
          try dismiss(all: guests.filter { $0.negotiation !== winner.negotiation })
          if !winner.isAnnounced, let address = winner.address { onEvent(.connected(address)) }
          return winner.negotiation
        }
      }
    } catch {
      farewell(error)
      throw error
    }
  }

  /// One look at all connections; waits until there is something to do.
  private mutating func round() throws(ExchangeError) -> Guest? {
    if end.remaining == nil || refused >= attempts { listener = nil }
    guard listener != nil || !guests.isEmpty else { throw failure() }
    let ready = try poll()
    for guest in guests {
      if guest.leaves == nil {
        if try advance(guest, isReady: ready.contains(guest.descriptor)) { return guest }
      } else if hasLeft(guest, isReady: ready.contains(guest.descriptor)) {
        guests.removeAll { $0 === guest }
      }
    }
    guard let descriptor = listener?.descriptor, ready.contains(descriptor) else { return nil }
    return try welcome()
  }

  private func poll() throws(ExchangeError) -> Set<Int32> {
    var polled = guests.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
    polled.append(pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0))
    polled.append(pollfd(fd: listener?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    var until = guests.map { $0.deadline }.min { $0.instant < $1.instant } ?? end
    if listener != nil, end.instant < until.instant { until = end }
    Glibc.poll(&polled, nfds_t(polled.count), Poll.timeout(until, cancellation))
    try cancellation.check(at: .connect)
    return Set(polled.filter { $0.revents != 0 }.map { $0.fd })
  }

  /// Takes what waits, at most as many as there is room for, and hears each at once: who speaks as soon as it is
  /// connected is never taken for one of the silent.
  private mutating func welcome() throws(ExchangeError) -> Guest? {
    for _ in 0..<Self.capacity {
      guard let acceptance = try listener?.accept() else { return nil }
      switch acceptance {
      case .none: return nil
      case .exhausted:
        guard !guests.isEmpty else {
          throw ExchangeError(
            .connectionLost, at: .connect, "cannot accept: \(systemMessage(EMFILE))")
        }
        makeRoom()
      case .connection(let descriptor):
        if guests.count == Self.capacity { makeRoom() }
        let guest = try greet(descriptor)
        if try advance(guest, isReady: true) { return guest }
        if refused >= attempts { return nil }
      }
    }
    return nil
  }

  /// A key pair and a nonce of its own for each connection.
  private mutating func greet(_ descriptor: Int32) throws(ExchangeError) -> Guest {
    let socket = Socket(descriptor, cancellation)
    let peer = SocketAddress(of: descriptor, getpeername)
    var own = exchanging
    let handshake = try own.makeHandshake()
    let isAnnounced = peer != nil && meter.allows()
    if isAnnounced, let peer { onEvent(.connected(peer)) }
    let guest = Guest(Negotiation(socket, own, handshake), peer, isAnnounced: isAnnounced)
    guests.append(guest)
    return guest
  }

  private mutating func advance(_ guest: Guest, isReady: Bool) throws(ExchangeError) -> Bool {
    do {
      if isReady, try guest.negotiation.advance() { return true }
      _ = try guest.negotiation.remaining()
      return false
    } catch {
      // Our own fault, such as a pre-shared key that is gone, would be the same for any peer.
      if error.code == .usage { throw error }
      refuse(guest, error)
      return false
    }
  }

  private mutating func refuse(_ guest: Guest, _ error: ExchangeError) {
    refused += 1
    if error.telling >= mostTelling?.telling ?? 0 { mostTelling = error }
    if meter.allows() { onEvent(.refused(guest.address, error)) }
    if guest.negotiation.say(error) {
      guest.leaves = Deadline(after: exchanging.linger(after: error))
    } else {
      guests.removeAll { $0 === guest }
    }
  }

  /// Reads on, so that closing does not reset the connection.
  private func hasLeft(_ guest: Guest, isReady: Bool) -> Bool {
    guard guest.deadline.remaining != nil else { return true }
    return isReady && guest.negotiation.socket.drain()
  }

  /// Those that leave go first, then those that have come least far, the oldest first.
  private mutating func makeRoom() {
    func rank(_ guest: Guest) -> Int {
      guest.leaves == nil ? guest.negotiation.progress.rawValue : -1
    }
    var least = 0
    for index in guests.indices where rank(guests[index]) < rank(guests[least]) { least = index }
    let guest = guests.remove(at: least)
    guard guest.leaves == nil else { return }
    let error = ExchangeError(
      .handshakeTimeout, at: guest.negotiation.step, "it gave way to other connections")
    _ = guest.negotiation.say(error)
    refused += 1
    if meter.allows() { onEvent(.refused(guest.address, error)) }
  }

  private func dismiss(all others: [Guest]) throws(ExchangeError) {
    for other in others where other.leaves == nil {
      _ = other.negotiation.say(
        ExchangeError(.notWanted, at: other.negotiation.step, "another receiver has confirmed"))
    }
  }

  /// Tells all that are still there why, and gives the words a moment to arrive.
  private mutating func farewell(_ error: ExchangeError) {
    let end = Deadline(after: exchanging.linger(after: error))
    for guest in guests where guest.leaves == nil && !guest.negotiation.say(error) {
      guests.removeAll { $0 === guest }
    }
    while let remaining = end.remaining, !guests.isEmpty {
      var polled = guests.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      Glibc.poll(
        &polled, nfds_t(polled.count), Int32(clamping: remaining.nanoseconds / 1_000_000 + 1))
      guests.removeAll { $0.negotiation.socket.drain() }
    }
  }

  private func failure() -> ExchangeError {
    guard let mostTelling else {
      return ExchangeError(
        .connectFailed, at: .connect, "no receiver connected to \(address.text) in time",
        hint: "is the receiver running, and does it know this address?")
    }
    guard refused > 1 else { return mostTelling }
    return ExchangeError(
      mostTelling.code, at: mostTelling.step,
      "\(mostTelling.message) (the most telling of \(refused) connections that were refused)",
      hint: mostTelling.hint)
  }
}

extension ExchangeError {
  /// What says more about why no receiver confirmed: the faults of one that speaks the protocol before all others.
  fileprivate var telling: Int {
    switch code {
    case .mismatch, .badPublicValue, .reflected, .keyConfirmationFailed: 3
    case .badVersion, .badFrame, .peerAlert: 2
    default: step == .confirm ? 2 : 1
    }
  }
}

extension ErrorCode {
  /// For the ALERT to connections that lost; never the end of a program.
  fileprivate static let notWanted = ErrorCode("internal", exitCode: 1, alert: .internal)
}

/// Lets through at most ten events a second, so that a flood of connections does not become a flood of lines.
struct EventMeter {
  private static let limit = 10
  private var second: UInt64 = 0
  private var count = 0

  mutating func allows() -> Bool {
    let now = Monotonic.now / 1_000_000_000
    if now != second { (second, count) = (now, 0) }
    count += 1
    return count <= Self.limit
  }
}
