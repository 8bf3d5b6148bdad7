import Glibc
import PiCrypto
import PiExchange

/// Board one: holds the image and is the TCP server.
public enum Sender {
  /// Waits for one receiver, agrees on a key and sends the image. The stored encrypted image appears after the
  /// receiver's receipt.
  public static func run(
    _ options: SenderOptions, cancellation: Cancellation, onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var exchanging = Exchanging(options.common)
    try AtomicFile.requireDistinct([options.image, options.storeEncrypted])
    let image = try ImageFile(path: options.image)
    let listener = try Listener(options.listen, cancellation)
    onEvent(.listening(listener.address))
    try exchanging.requirePreSharedKey()
    let keyPair = try exchanging.makeKeyPair()
    let layout = ImageLayout(
      cipher: options.common.configuration.cipher, plaintextBytes: image.byteCount)
    let store = try makeStore(options.storeEncrypted, bytes: layout.ciphertextBytes)
    let socket = try listener.accept(Deadline(after: options.common.connectTimeout))
    if let peer = SocketAddress(of: socket.descriptor, getpeername) { onEvent(.connected(peer)) }
    do {
      let session = try exchanging.agree(over: socket, keyPair: keyPair)
      onEvent(.confirmed)
      return try send(image, session, over: socket, store: store, options, exchanging, onEvent)
    } catch {
      socket.giveUp(error)
      throw error
    }
  }

  private static func makeStore(
    _ path: String?, bytes: UInt64
  ) throws(ExchangeError) -> AtomicFile? {
    guard let path else { return nil }
    let file = try AtomicFile(path: path)
    try file.requireSpace(bytes)
    return file
  }

  private static func send(
    _ image: consuming ImageFile, _ session: consuming Session, over socket: Socket,
    store: consuming AtomicFile?, _ options: SenderOptions, _ exchanging: Exchanging,
    _ onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var result = TransferResult(session: session, exchanging: exchanging)
    let transfer = SenderTransfer(session, plaintextBytes: image.byteCount)
    let layout = transfer.layout
    let producer = EncryptingProducer(
      image: image, layout: layout, encryptor: transfer.makeEncryptor(),
      hashesPlaintext: exchanging.hashesPlaintext)
    var consumer = SendingConsumer(
      socket: socket, ciphertext: ByteSink(hashes: exchanging.hashesCiphertext, store: store),
      pacer: options.bytesPerSecond.map { Pacer(bytesPerSecond: $0) },
      progress: ProgressMeter(total: layout.ciphertextBytes, report: onEvent))
    try socket.sendAll(transfer.header, at: .header)
    result.marks.firstByte = Monotonic.now
    try stream(producer, into: &consumer)
    if exchanging.isClassic, let digest = producer.digest {
      try socket.sendAll(transfer.trailer(digest: digest), at: .trailer)
    }
    socket.finishSending()
    result.marks.lastByte = Monotonic.now
    try awaitReceipt(transfer, over: socket, options.common.idleTimeout)
    try consumer.publish()
    result.finish(
      layout, digests: (producer.digest, consumer.digest()),
      times: producer.times.adding(consumer.times))
    return result
  }

  private static func stream(
    _ producer: EncryptingProducer, into consumer: inout SendingConsumer
  ) throws(ExchangeError) {
    let worker = producer.start()
    var failure: ExchangeError?
    do throws(ExchangeError) {
      let prefix = producer.prefix
      if !prefix.isEmpty {
        try prefix.withUnsafeBytes { bytes in
          Result { () throws(ExchangeError) in try consumer.take(bytes) }
        }.get()
      }
      while let piece = producer.full.pop() {
        try consumer.take(piece.bytes)
        producer.free.push(piece)
      }
    } catch {
      failure = error
      producer.free.close(discarding: true)
    }
    worker.join()
    if let failure = failure ?? producer.failure { throw failure }
  }

  /// As long as the kernel still moves our last bytes the peer is not idle.
  private static func awaitReceipt(
    _ transfer: borrowing SenderTransfer, over socket: Socket, _ idleTimeout: Duration
  ) throws(ExchangeError) {
    var unacknowledged = socket.unacknowledgedBytes
    while !socket.waitReadable(idleTimeout) {
      let now = socket.unacknowledgedBytes
      guard now < unacknowledged else {
        throw ExchangeError(.idleTimeout, at: .receipt, "no receipt came for too long")
      }
      unacknowledged = now
    }
    try transfer.verify(receipt: try socket.receiveFrame(.receipt, at: .receipt))
    try socket.requireEnd(at: .receipt)
  }
}
