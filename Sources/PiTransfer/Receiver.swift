import PiCrypto
import PiExchange

/// Board two: connects to the sender and stores what it gets.
public enum Receiver {
  /// Connects, agrees on a key and receives the image. Files get their names when everything is verified.
  public static func run(
    _ options: ReceiverOptions, cancellation: Cancellation, onEvent: @escaping EventHandler
  ) throws(ExchangeError) -> TransferResult {
    var exchanging = Exchanging(options.common)
    try AtomicFile.requireDistinct([options.storeEncrypted, options.storeDecrypted])
    try exchanging.requirePreSharedKey()
    let keyPair = try exchanging.makeKeyPair()
    let stores = try Stores(options)
    let socket = try Connector.connect(
      to: options.connect, Deadline(after: options.common.connectTimeout), cancellation)
    onEvent(.connected(options.connect))
    do {
      let session = try exchanging.agree(over: socket, keyPair: keyPair)
      onEvent(.confirmed)
      return try receive(session, over: socket, stores, options, exchanging, onEvent)
    } catch {
      socket.giveUp(error)
      throw error
    }
  }

  /// Both files are opened before the first byte is exchanged, so that a wrong path fails at once.
  private struct Stores: ~Copyable {
    var encrypted: AtomicFile?
    var decrypted: AtomicFile?

    init(_ options: ReceiverOptions) throws(ExchangeError) {
      let encrypted = try Self.open(options.storeEncrypted)
      let decrypted = try Self.open(options.storeDecrypted)
      self.encrypted = encrypted
      self.decrypted = decrypted
    }

    private static func open(_ path: String?) throws(ExchangeError) -> AtomicFile? {
      guard let path else { return nil }
      return try AtomicFile(path: path)
    }

    /// Asks the file systems before the sender sends for nothing.
    func requireSpace(for layout: ImageLayout) throws(ExchangeError) {
      var used: (device: UInt?, bytes: UInt64) = (nil, 0)
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
      header: try socket.receiveFrame(.header, at: .header), limit: options.maximumBytes)
    try stores.requireSpace(for: layout)
    result.marks.firstByte = Monotonic.now
    var producer = ReceivingProducer(
      socket: socket,
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
        trailer: try socket.receiveFrame(.trailer, at: .trailer), digest: consumer.digest ?? [])
    }
    try socket.requireEnd(at: .receipt)
    let receipt = transfer.endOfStream()
    try producer.publish()
    try consumer.publish()
    try socket.sendAll(receipt, at: .receipt)
    socket.finishSending()
    result.finish(
      layout, digests: (consumer.digest, producer.digest()),
      times: consumer.times.adding(producer.times))
    return result
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
