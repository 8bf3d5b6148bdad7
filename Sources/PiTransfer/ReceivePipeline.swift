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
  private var store: AtomicFile?
  private var hash: SHA256?
  private(set) var times = StepTimes()
  private(set) var digest: [UInt8]?
  private(set) var failure: ExchangeError?

  init(decryptor: consuming ImageDecryptor, store: consuming AtomicFile?, hashesPlaintext: Bool) {
    self.decryptor = decryptor
    self.store = store
    hash = hashesPlaintext ? SHA256() : nil
  }

  func start() -> Worker { Worker { self.run() } }

  private func run() {
    let plaintext = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ImageLayout.pieceCapacity, alignment: 4096)
    defer { plaintext.deallocate() }
    do {
      while let piece = full.pop() {
        try take(piece, plaintext)
        free.push(piece)
      }
      digest = hash.take()?.finalize()
    } catch {
      failure = error
      free.close(discarding: true)
    }
  }

  private func take(
    _ piece: Piece, _ scratch: UnsafeMutableRawBufferPointer
  ) throws(ExchangeError) {
    var mark = Monotonic.now
    let count = try decryptor.decrypt(piece.bytes, isLast: piece.isLast, into: scratch)
    let plaintext = UnsafeRawBufferPointer(rebasing: scratch[..<count])
    mark = times.lap(.decrypt, since: mark)
    if hash != nil {
      hash?.update(plaintext)
      mark = times.lap(.hash, since: mark)
    }
    if store != nil {
      try store?.write(plaintext)
      times.lap(.store, since: mark)
    }
  }

  /// The decrypted image gets its name; only when everything is verified, and after `join`.
  func publish() throws(ExchangeError) { try store?.publish() }
}

/// The first half: takes the encrypted image off the socket.
struct ReceivingProducer: ~Copyable {
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

  /// Fills the whole buffer with the next bytes of the image.
  mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(ExchangeError) {
    var mark = Monotonic.now
    try socket.check(socket.receive(buffer), at: .image)
    mark = times.lap(.receive, since: mark)
    let bytes = UnsafeRawBufferPointer(buffer)
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

  mutating func publish() throws(ExchangeError) { try store?.publish() }
}
