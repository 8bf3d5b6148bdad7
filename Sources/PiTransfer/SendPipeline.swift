import PiCrypto
import PiExchange

/// ```
///   thread 1:  read -> hash plaintext -> encrypt ---- full ---->  thread 2: send -> hash ciphertext -> store
///                                            <---- free ----
/// ```
/// Sendable unchecked: after `start` its state belongs to thread 1 until `join`.
final class EncryptingProducer: @unchecked Sendable {
  private static let pieces = 4

  let full = PieceQueue()
  let free = PieceQueue((0..<pieces).map { _ in Piece() })
  private let image: ImageFile
  private let layout: ImageLayout
  private var encryptor: ImageEncryptor
  private var plaintext: ByteSink
  private var ownTimes = StepTimes()
  private(set) var digest: [UInt8]?
  private(set) var failure: ExchangeError?

  init(
    image: consuming ImageFile, layout: ImageLayout, encryptor: consuming ImageEncryptor,
    hashesPlaintext: Bool
  ) {
    self.image = image
    self.layout = layout
    self.encryptor = encryptor
    plaintext = ByteSink(hashes: hashesPlaintext, store: nil)
  }

  var prefix: [UInt8] { encryptor.prefix }

  var times: StepTimes { ownTimes.adding(plaintext.times) }

  func start() -> Worker { Worker { self.run() } }

  private func run() {
    let scratch = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ImageLayout.pieceSize, alignment: 4096)
    defer { scratch.deallocate() }
    do {
      for index in 0..<layout.pieceCount {
        guard let piece = free.pop() else { return }  // the other side gave up
        try fill(piece, index, scratch)
        full.push(piece)
      }
      digest = plaintext.digest()
    } catch {
      failure = error
    }
    full.close()
  }

  private func fill(
    _ piece: Piece, _ index: Int, _ scratch: UnsafeMutableRawBufferPointer
  ) throws(ExchangeError) {
    let buffer = UnsafeMutableRawBufferPointer(
      rebasing: scratch[..<layout.plaintextBytes(ofPiece: index)])
    let bytes = UnsafeRawBufferPointer(buffer)
    piece.isLast = layout.isLast(index)
    try ownTimes.measure(.read) { () throws(ExchangeError) in try image.read(into: buffer) }
    if piece.isLast { try image.requireUnchanged() }
    try plaintext.take(bytes)
    piece.count = ownTimes.measure(.encrypt) {
      encryptor.encrypt(bytes, isLast: piece.isLast, into: piece.buffer)
    }
  }
}

/// The other half: takes encrypted pieces off the queue.
struct SendingConsumer: ~Copyable {
  private let socket: Socket
  private let idleTimeout: Duration
  private var ciphertext: ByteSink
  private var progress: ProgressMeter
  private var pacer: Pacer?
  private var ownTimes = StepTimes()

  init(
    socket: Socket, idleTimeout: Duration, ciphertext: consuming ByteSink, pacer: Pacer?,
    progress: ProgressMeter
  ) {
    self.socket = socket
    self.idleTimeout = idleTimeout
    self.ciphertext = ciphertext
    self.pacer = pacer
    self.progress = progress
  }

  var times: StepTimes { ownTimes.adding(ciphertext.times) }

  /// Sends first: the peer's work begins with it.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
    // An empty piece is no slice at all, and a stride of nothing would be an error.
    let slice = max(1, pacer?.sliceSize ?? bytes.count)
    for start in stride(from: 0, to: bytes.count, by: slice) {
      let end = min(start + slice, bytes.count)
      try send(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
    try ciphertext.take(bytes)
  }

  private mutating func send(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
    let mark = Monotonic.now
    if let delay = pacer?.delay(for: bytes.count) { socket.rest(delay) }
    try socket.requireSilence(at: .image)
    let outcome = socket.send(bytes, .idle(idleTimeout), noticesInput: true)
    ownTimes.lap(.send, since: mark)
    try socket.checkSent(outcome, at: .image)
    progress.advance(by: bytes.count)
  }

  mutating func digest() -> [UInt8]? { ciphertext.digest() }

  /// The encrypted image gets its name; only after the receipt.
  mutating func publish() throws(ExchangeError) { try ciphertext.publish() }
}
