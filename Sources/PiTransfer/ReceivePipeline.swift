import PiCrypto
import PiExchange

/// ```
///   thread 1: receive -> hash ciphertext -> store ---- full ---->  thread 2:  decrypt -> hash plaintext -> store
///                                             <---- free ----
/// ```
/// Sendable unchecked: after `start` its state belongs to thread 2 until `join`.
final class DecryptingConsumer: @unchecked Sendable {
  private static let pieces = 4

  let full = PieceQueue()
  let free = PieceQueue((0..<pieces).map { _ in Piece() })
  private var decryptor: ImageDecryptor
  private var plaintext: ByteSink
  private var ownTimes = StepTimes()
  private(set) var digest: [UInt8]?
  private(set) var failure: ExchangeError?

  init(decryptor: consuming ImageDecryptor, plaintext: consuming ByteSink) {
    self.decryptor = decryptor
    self.plaintext = plaintext
  }

  var times: StepTimes { ownTimes.adding(plaintext.times) }

  func start() -> Worker { Worker { self.run() } }

  private func run() {
    let scratch = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ImageLayout.pieceCapacity, alignment: 4096)
    defer { scratch.deallocate() }
    do {
      while let piece = full.pop() {
        try take(piece, scratch)
        free.push(piece)
      }
      digest = plaintext.digest()
    } catch {
      failure = error
      free.close(discarding: true)
    }
  }

  private func take(
    _ piece: Piece, _ scratch: UnsafeMutableRawBufferPointer
  ) throws(ExchangeError) {
    let count = try ownTimes.measure(.decrypt) { () throws(ExchangeError) in
      try decryptor.decrypt(piece.bytes, isLast: piece.isLast, into: scratch)
    }
    try plaintext.take(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
  }

  func prepare() throws(ExchangeError) { try plaintext.prepare() }

  /// The decrypted image gets its name; only when everything is verified, and after `join`.
  func publish() throws(ExchangeError) { try plaintext.publish() }
}

/// The first half: takes the encrypted image off the socket.
struct ReceivingProducer: ~Copyable {
  private let socket: Socket
  private let idleTimeout: Duration
  private var tail = StreamTail()
  private var ciphertext: ByteSink
  private var progress: ProgressMeter
  private var ownTimes = StepTimes()

  init(
    socket: Socket, idleTimeout: Duration, ciphertext: consuming ByteSink, progress: ProgressMeter
  ) {
    self.socket = socket
    self.idleTimeout = idleTimeout
    self.ciphertext = ciphertext
    self.progress = progress
  }

  var times: StepTimes { ownTimes.adding(ciphertext.times) }

  /// Fills the whole buffer with the next bytes of the image.
  mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ExchangeError) {
    let mark = Monotonic.now
    let outcome = socket.receive(buffer, .idle(idleTimeout)) { progress.advance(by: $0) }
    ownTimes.lap(.receive, since: mark)
    if case .ended(let count) = outcome {
      tail.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if let alert = tail.alert(at: .image) { throw alert }
    }
    try socket.check(outcome, at: .image)
    tail.append(UnsafeRawBufferPointer(buffer))
    try ciphertext.take(UnsafeRawBufferPointer(buffer))
  }

  /// What precedes the first piece.
  mutating func prefix(_ count: Int) throws(ExchangeError) -> [UInt8] {
    guard count > 0 else { return [] }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { buffer.deallocate() }
    try fill(buffer)
    return Array(buffer)
  }

  mutating func digest() -> [UInt8]? { ciphertext.digest() }

  mutating func prepare() throws(ExchangeError) { try ciphertext.prepare() }

  mutating func publish() throws(ExchangeError) { try ciphertext.publish() }

  mutating func withdraw() { ciphertext.withdraw() }
}
