import Glibc
import PiCrypto
import PiExchange

/// Board one: holds the image and is the TCP server.
public enum Sender {
  /// Waits for the first receiver that confirms the key and sends it the image. The stored encrypted image appears after the
  /// receiver's receipt.
  public static func run(
    _ options: SenderOptions, cancellation: Cancellation, onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var exchanging = Exchanging(options.common)
    try AtomicFile.requireDistinct(
      outputs: [options.storeEncrypted],
      inputs: [options.image, options.common.preSharedKeyFile])
    let image = try ImageFile(path: options.image)
    let listener = try Listener(options.listen)
    onEvent(.listening(listener.address))
    try exchanging.requireSecrets()
    let layout = ImageLayout(
      cipher: options.common.configuration.cipher, plaintextBytes: image.byteCount)
    let store = try makeStore(options, bytes: layout.ciphertextBytes)
    let winner = try Reception(listener, options, exchanging, cancellation, onEvent).winner()
    exchanging.adopt(winner)
    onEvent(.confirmed)
    do {
      try winner.socket.sendAll(
        winner.outgoing, idle: options.common.idleTimeout, at: .confirm)
      return try send(
        image, winner.finish(), over: winner.socket, store: store, options, exchanging, onEvent)
    } catch {
      winner.socket.giveUp(error, within: exchanging.linger(after: error))
      throw error
    }
  }

  private static func makeStore(
    _ options: SenderOptions, bytes: UInt64
  ) throws(ExchangeError) -> AtomicFile? {
    guard let path = options.storeEncrypted else { return nil }
    let file = try AtomicFile(path: path, durability: options.common.durability)
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
    let idle = options.common.idleTimeout
    let producer = EncryptingProducer(
      image: image, layout: layout, encryptor: transfer.makeEncryptor(),
      hashesPlaintext: exchanging.hashesPlaintext)
    var consumer = SendingConsumer(
      socket: socket, idleTimeout: idle,
      ciphertext: ByteSink(hashes: exchanging.hashesCiphertext, store: store),
      pacer: options.bytesPerSecond.map { Pacer(bytesPerSecond: $0) },
      progress: ProgressMeter(total: layout.ciphertextBytes, report: onEvent))
    try socket.requireSilence(at: .header)
    try socket.sendAll(transfer.header, idle: idle, at: .header)
    result.marks.firstByte = Monotonic.now
    try stream(producer, into: &consumer)
    if exchanging.isClassic, let digest = producer.digest {
      try socket.sendAll(transfer.trailer(digest: digest), idle: idle, at: .trailer)
    }
    socket.finishSending()
    result.marks.lastByte = Monotonic.now
    try transfer.verify(receipt: try socket.receiveReceipt(idle: idle))
    try settle(socket)
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

  private static let settling: Duration = .seconds(1)

  /// The receipt proves that the receiver has stored the image: neither silence nor a reset nor a signal after it
  /// changes that. Only a byte more says that the peer does not keep to the protocol.
  private static func settle(_ socket: Socket) throws(ExchangeError) {
    var byte: UInt8 = 0
    let outcome = withUnsafeMutableBytes(of: &byte) {
      socket.receive($0, .until(Deadline(after: settling)), heedsSignals: false)
    }
    guard outcome != .complete else {
      throw ExchangeError(.trailingData, at: .receipt, "the peer sent bytes after the end")
    }
  }
}
