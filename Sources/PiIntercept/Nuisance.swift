import Glibc
import PiCrypto
import PiExchange
import PiTransfer
import Synchronization

/// Connections that are made to the sender beside the real ones.
final class Nuisance: Sendable {
  private let options: InterceptorOptions
  private let seed: UInt64
  private let state = Mutex(State())
  private let stop = Cancellation()

  private struct State {
    var hasPreceded = false
    var hasAccompanied = false
    /// Connections that stay.
    var open: [Int32] = []
    var drips = 0
  }

  init(_ options: InterceptorOptions, seed: UInt64) {
    self.options = options
    self.seed = seed
  }

  private static let junkBytes = 1...512
  /// How long the sender may take to refuse a connection of random bytes.
  private static let patience: Duration = .seconds(2)

  /// In front of the first session; others wait until it is done.
  func precede() throws(ExchangeError) {
    try state.withLock { state throws(ExchangeError) in
      guard !state.hasPreceded else { return }
      switch options.attack {
      case .junk(let count):
        var random = SeededRandom(seed: seed, stream: 0x6A75_6E6B)
        for _ in 0..<count { try junk(&random) }
      case .halfOpen(let count):
        for _ in 0..<count {
          let socket = try connect()
          // The socket's descriptor goes with it; this one stays.
          let kept = dup(socket.descriptor)
          if kept >= 0 { state.open.append(kept) }
        }
      default: break
      }
      state.hasPreceded = true
    }
  }

  private func connect() throws(ExchangeError) -> Socket {
    var connector = Connector(
      to: options.connect, Deadline(after: options.connectTimeout), stop)
    return try connector.connect()
  }

  private func junk(_ random: inout SeededRandom) throws(ExchangeError) {
    let socket = try connect()
    let range = Self.junkBytes
    let count = range.lowerBound + Int(random.next() % UInt64(range.count))
    let end = Deadline(after: Self.patience)
    let bytes = random.bytes(count)
    _ = bytes.withUnsafeBytes { socket.send($0, .until(end)) }
    socket.finishSending()
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { scratch in
      while socket.receive(scratch, .until(end)) == .complete {}
    }
  }

  /// Beside the first session: the connection is there before the session's own.
  func accompany() throws(ExchangeError) {
    guard case .drip(let interval) = options.attack else { return }
    let isFirst = state.withLock { state in
      defer { state.hasAccompanied = true }
      return !state.hasAccompanied
    }
    guard isFirst else { return }
    let handover = Handover(try connect())
    let opening = opening()
    state.withLock { $0.drips += 1 }
    Worker.detach {
      self.drip(opening, over: handover.socket, interval)
      self.state.withLock { $0.drips -= 1 }
    }
  }

  /// PREAMBLE and HELLO of a receiver.
  private func opening() -> [UInt8] {
    let configuration = ExchangeConfiguration(
      role: .receiver, name: options.receiverName ?? options.name, peer: nil,
      profile: options.profile, authentication: options.authentication,
      cipher: options.cipher, group: options.group)
    return Handshake(
      configuration: configuration, keyPair: KeyPair(generatingIn: options.group)
    ).opening
  }

  private func drip(_ opening: [UInt8], over socket: Socket, _ interval: Duration) {
    for byte in opening {
      guard [byte].withUnsafeBytes({ socket.sendNow($0) }) == 1, stop.signal == nil else { return }
      _ = Poll.wait(-1, 0, interval, stop)
    }
  }

  /// Nothing new is begun, and what is being done ends soon.
  func cancel() { stop.cancel(signal: SIGTERM) }

  /// Closes what is left.
  func end() {
    for descriptor in state.withLock({ $0.open }) { close(descriptor) }
    while state.withLock({ $0.drips }) > 0 { usleep(1000) }
  }
}
