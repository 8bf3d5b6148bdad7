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
    let image = try ImageFile(path: options.image)
    let listener = try Listener(options.listen, cancellation)
    onEvent(.listening(listener.address))
    let preSharedKey = try exchanging.loadPreSharedKey()
    let keyPair = try exchanging.makeKeyPair()
    let layout = ImageLayout(
      cipher: options.common.configuration.cipher, plaintextBytes: image.byteCount)
    let store = try makeStore(options.storeEncrypted, bytes: layout.ciphertextBytes)
    let socket = try listener.accept(Deadline(after: options.common.connectTimeout))
    if let rate = options.bytesPerSecond { socket.setRate(bytesPerSecond: rate) }
    if let peer = SocketAddress(of: socket.descriptor, getpeername) { onEvent(.connected(peer)) }
    do {
      let session = try exchanging.agree(
        over: socket, keyPair: keyPair, preSharedKey: preSharedKey)
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
    var result = TransferResult(
      session: session, configuration: options.common.configuration,
      hasFixedExponent: options.common.privateExponent != nil)
    result.times = exchanging.times
    result.marks = exchanging.marks
    let isClassic = options.common.configuration.profile == .classic
    let transfer = SenderTransfer(session, plaintextBytes: image.byteCount)
    let layout = transfer.layout
    let digests = options.common.digests
    let producer = EncryptingProducer(
      image: image, layout: layout, encryptor: transfer.makeEncryptor(),
      hashesPlaintext: isClassic || digests.contains(.plaintext))
    var consumer = SendingConsumer(
      socket: socket, store: store, hashesCiphertext: digests.contains(.ciphertext),
      progress: ProgressMeter(total: layout.ciphertextBytes, report: onEvent))
    try socket.sendAll(transfer.header, at: .header)
    result.marks.firstByte = Monotonic.now
    try stream(producer, into: &consumer)
    if isClassic, let digest = producer.digest {
      try socket.sendAll(transfer.trailer(digest: digest), at: .trailer)
    }
    socket.finishSending()
    result.marks.lastByte = Monotonic.now
    try awaitReceipt(transfer, over: socket, options.common.idleTimeout)
    try consumer.publish()
    result.digests[.plaintext] = producer.digest
    result.digests[.ciphertext] = consumer.digest()
    result.times.add(producer.times)
    result.times.add(consumer.times)
    result.plaintextBytes = layout.plaintextBytes
    result.ciphertextBytes = layout.ciphertextBytes
    result.finish()
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

extension TransferResult {
  mutating func finish() {
    marks.end = Monotonic.now
    times[.total] = marks.end - marks.start
  }
}
