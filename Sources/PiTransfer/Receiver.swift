import Glibc
import PiCrypto
import PiExchange

/// Board two: connects to the sender and stores what it gets.
public enum Receiver {
  /// Connects, agrees on a key and receives the image. Files get their names when everything is verified.
  public static func run(
    _ options: ReceiverOptions, cancellation: Cancellation, onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var exchanging = Exchanging(options.common)
    try AtomicFile.requireDistinct(
      outputs: [options.storeEncrypted, options.storeDecrypted],
      inputs: [options.common.preSharedKeyFile])
    try exchanging.requireSecrets()
    let stores = try Stores(options)
    let negotiation = try negotiate(options, exchanging, cancellation, onEvent)
    exchanging.adopt(negotiation)
    onEvent(.confirmed)
    do {
      return try receive(
        negotiation.finish(), over: negotiation.socket, stores, options, exchanging, onEvent)
    } catch {
      negotiation.socket.giveUp(error, within: exchanging.linger(after: error))
      throw error
    }
  }

  /// Connects until a connection lasts: what ends before the sender's HELLO may have been a forwarder that had nobody
  /// to forward to yet, or the end of a sender before this one.
  private static func negotiate(
    _ options: ReceiverOptions, _ exchanging: Exchanging, _ cancellation: Cancellation,
    _ onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> Negotiation {
    var connector = Connector(
      to: options.connect, Deadline(after: options.common.connectTimeout), cancellation)
    var earlier: ExchangeError?
    while true {
      let socket: Socket
      do {
        socket = try connector.connect()
      } catch {
        throw error.code == .connectFailed ? earlier ?? error : error
      }
      if earlier == nil { onEvent(.connected(options.connect)) }
      // Now, so that there is no exponent in memory while nobody is there.
      var own = exchanging
      let handshake = try own.makeHandshake()
      let negotiation = Negotiation(socket, own, handshake)
      do {
        try negotiation.complete()
        if !negotiation.outgoing.isEmpty {
          try socket.sendAll(
            negotiation.outgoing, idle: options.common.idleTimeout, at: .confirm)
        }
        return negotiation
      } catch {
        let isWorthMore = error.code == .truncated || error.code == .connectionLost
        guard isWorthMore, negotiation.progress < .hello, connector.deadline.remaining != nil else {
          socket.giveUp(error, within: exchanging.linger(after: error))
          throw error
        }
        earlier = error
      }
      connector.rest()
    }
  }

  /// Both files are opened before the first byte is exchanged, so that a wrong path fails at once.
  private struct Stores: ~Copyable {
    var encrypted: AtomicFile?
    var decrypted: AtomicFile?

    init(_ options: ReceiverOptions) throws(ExchangeError) {
      let encrypted = try Self.open(options.storeEncrypted, options)
      let decrypted = try Self.open(options.storeDecrypted, options)
      self.encrypted = encrypted
      self.decrypted = decrypted
    }

    private static func open(
      _ path: String?, _ options: ReceiverOptions
    ) throws(ExchangeError) -> AtomicFile? {
      guard let path else { return nil }
      return try AtomicFile(path: path, durability: options.common.durability)
    }

    /// Asks the file systems before the sender sends for nothing.
    func requireSpace(for layout: ImageLayout) throws(ExchangeError) {
      var used: (device: dev_t?, bytes: UInt64) = (nil, 0)
      switch encrypted {
      case .some(let file):
        try file.requireSpace(layout.ciphertextBytes)
        used = (file.device, layout.ciphertextBytes)
      case .none: break
      }
      switch decrypted {
      case .some(let file):
        let shared = file.device == used.device ? used.bytes : 0
        try file.requireSpace(layout.plaintextBytes + shared)
      case .none: break
      }
    }
  }

  private static func receive(
    _ session: consuming Session, over socket: Socket, _ stores: consuming Stores,
    _ options: ReceiverOptions, _ exchanging: Exchanging, _ onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var result = TransferResult(session: session, exchanging: exchanging)
    var transfer = ReceiverTransfer(session)
    let layout = try transfer.accept(
      header: try socket.receiveFrame(
        .header, .until(exchanging.frameDeadline), at: .header), limit: options.maximumBytes)
    try stores.requireSpace(for: layout)
    result.marks.firstByte = Monotonic.now
    var producer = ReceivingProducer(
      socket: socket, idleTimeout: options.common.idleTimeout,
      ciphertext: ByteSink(hashes: exchanging.hashesCiphertext, store: stores.encrypted.take()),
      progress: ProgressMeter(total: layout.ciphertextBytes, report: onEvent))
    let decryptor = try transfer.makeDecryptor(prefix: try producer.prefix(layout.prefixBytes))
    let consumer = DecryptingConsumer(
      decryptor: decryptor,
      plaintext: ByteSink(hashes: exchanging.hashesPlaintext, store: stores.decrypted.take()))
    try stream(&producer, into: consumer, layout)
    result.marks.lastByte = Monotonic.now
    if transfer.finishImage() {
      try transfer.accept(
        trailer: try socket.receiveFrame(
          .trailer, .until(exchanging.frameDeadline), at: .trailer), digest: consumer.digest ?? [])
    }
    try socket.requireEnd(by: exchanging.frameDeadline, at: .receipt)
    let receipt = transfer.endOfStream()
    try socket.cancellation.check(at: .receipt)
    try publish(&producer, consumer)
    // From here on the exchange has succeeded: the image is stored, whether the sender hears of it or not.
    _ = receipt.withUnsafeBytes {
      socket.send($0, .until(exchanging.frameDeadline), heedsSignals: false)
    }
    socket.finishSending()
    result.finish(
      layout, digests: (consumer.digest, producer.digest()),
      times: consumer.times.adding(producer.times))
    return result
  }

  /// Both files or none.
  private static func publish(
    _ producer: inout ReceivingProducer, _ consumer: DecryptingConsumer
  ) throws(ExchangeError) {
    try producer.prepare()
    try consumer.prepare()
    try producer.publish()
    do {
      try consumer.publish()
    } catch {
      producer.withdraw()
      throw error
    }
  }

  private static func stream(
    _ producer: inout ReceivingProducer, into consumer: DecryptingConsumer, _ layout: ImageLayout
  ) throws(ExchangeError) {
    let worker = consumer.start()
    var failure: ExchangeError?
    do throws(ExchangeError) {
      for index in 0..<layout.pieceCount {
        guard let piece = consumer.free.pop() else { break }  // the other side failed
        piece.count = layout.ciphertextBytes(ofPiece: index)
        piece.isLast = layout.isLast(index)
        try producer.fill(UnsafeMutableRawBufferPointer(rebasing: piece.buffer[..<piece.count]))
        consumer.full.push(piece)
      }
    } catch {
      failure = error
    }
    consumer.full.close(discarding: failure != nil)
    worker.join()
    // Bytes that do not decrypt are the cause of what follows.
    if let failure = consumer.failure ?? failure { throw failure }
  }
}
