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
  private var hash: SHA256?
  private(set) var times = StepTimes()
  private(set) var digest: [UInt8]?
  private(set) var failure: ExchangeError?

  init(
    image: consuming ImageFile, layout: ImageLayout, encryptor: consuming ImageEncryptor,
    hashesPlaintext: Bool
  ) {
    self.image = image
    self.layout = layout
    self.encryptor = encryptor
    hash = hashesPlaintext ? SHA256() : nil
  }

  var prefix: [UInt8] { encryptor.prefix }

  func start() -> Worker { Worker { self.run() } }

  private func run() {
    let plaintext = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ImageLayout.pieceSize, alignment: 4096)
    defer { plaintext.deallocate() }
    do {
      for index in 0..<layout.pieceCount {
        guard let piece = free.pop() else { return }  // the other side gave up
        try fill(piece, index, plaintext)
        full.push(piece)
      }
      digest = hash.take()?.finalize()
    } catch {
      failure = error
    }
    full.close()
  }

  private func fill(
    _ piece: Piece, _ index: Int, _ scratch: UnsafeMutableRawBufferPointer
  ) throws(ExchangeError) {
    let count = layout.plaintextBytes(ofPiece: index)
    let plaintext = UnsafeMutableRawBufferPointer(rebasing: scratch[..<count])
    var mark = Monotonic.now
    try image.read(into: plaintext)
    piece.isLast = layout.isLast(index)
    if piece.isLast { try image.requireUnchanged() }
    mark = times.lap(.read, since: mark)
    if hash != nil {
      hash?.update(UnsafeRawBufferPointer(plaintext))
      mark = times.lap(.hash, since: mark)
    }
    piece.count = encryptor.encrypt(
      UnsafeRawBufferPointer(plaintext), isLast: piece.isLast, into: piece.buffer)
    times.lap(.encrypt, since: mark)
  }
}

/// The other half: takes encrypted pieces off the queue.
struct SendingConsumer: ~Copyable {
  private let socket: Socket
  private var store: AtomicFile?
  private var hash: SHA256?
  private var progress: ProgressMeter
  private(set) var times = StepTimes()

  init(
    socket: Socket, store: consuming AtomicFile?, hashesCiphertext: Bool, progress: ProgressMeter
  ) {
    self.socket = socket
    self.store = store
    hash = hashesCiphertext ? SHA256() : nil
    self.progress = progress
  }

  /// Sends first: the peer's work begins with it.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
    var mark = Monotonic.now
    try socket.checkSent(socket.send(bytes), at: .image)
    mark = times.lap(.send, since: mark)
    if hash != nil {
      hash?.update(bytes)
      mark = times.lap(.hash, since: mark)
    }
    if store != nil {
      try store?.write(bytes)
      times.lap(.store, since: mark)
    }
    progress.advance(by: bytes.count)
  }

  mutating func digest() -> [UInt8]? { hash.take()?.finalize() }

  /// The encrypted image gets its name; only after the receipt.
  mutating func publish() throws(ExchangeError) { try store?.publish() }
}

extension StepTimes {
  /// Adds the time since `mark` to the step, and returns now.
  @discardableResult
  mutating func lap(_ step: Step, since mark: UInt64) -> UInt64 {
    let now = Monotonic.now
    self[step] += now - mark
    return now
  }
}
