import PiCrypto
import PiExchange
import PiTransfer

/// The image on its way through: decrypted, kept and encrypted anew, piece by piece.
final class Transit {
  /// Why it ended, and in the exchange with whom.
  struct Failure: Error {
    let with: Role
    let error: ExchangeError
  }

  private let session: InterceptedSession
  private let front: Leg
  private let back: Leg
  private var sink = ByteSink(hashes: true, store: nil)
  private let cipherPiece = Transit.piece()
  private let plainPiece = Transit.piece()
  private let newPiece = Transit.piece()

  private static let idle: Duration = .seconds(30)

  private static func piece() -> UnsafeMutableRawBufferPointer {
    .allocate(byteCount: ImageLayout.pieceCapacity, alignment: 4096)
  }

  /// Both are confirmed.
  init(_ session: InterceptedSession, from front: Leg, to back: Leg) {
    (self.session, self.front, self.back) = (session, front, back)
  }

  deinit {
    for piece in [cipherPiece, plainPiece, newPiece] { piece.deallocate() }
  }

  func run() throws(Failure) {
    var incoming = ReceiverTransfer(front.finish())
    let rest = front.negotiation.outgoing
    let frame = try at(front) { () throws(ExchangeError) in
      try front.socket.sendAll(rest, idle: Self.idle, at: .confirm)
      if let path = session.options.storeImage {
        sink = ByteSink(hashes: true, store: try AtomicFile(path: path))
      }
      return try front.socket.receiveFrame(.header, deadline, at: .header)
    }
    saw(frame, from: .sender)
    let layout = try at(front) { () throws(ExchangeError) in
      try incoming.accept(header: frame, limit: Wire.maximumImageBytes)
    }
    let outgoing = SenderTransfer(back.finish(), plaintextBytes: layout.plaintextBytes)
    try send(back.negotiation.outgoing + outgoing.header, at: .header)
    try image(layout, incoming, outgoing)
    try end(&incoming, outgoing, layout)
  }

  // MARK: The image

  private func image(
    _ layout: ImageLayout, _ incoming: borrowing ReceiverTransfer,
    _ outgoing: borrowing SenderTransfer
  ) throws(Failure) {
    note(.image, Int(layout.ciphertextBytes), from: .sender)
    let prefix = Array(try receive(layout.prefixBytes))
    var decryptor: ImageDecryptor
    do throws(ExchangeError) { decryptor = try incoming.makeDecryptor(prefix: prefix) } catch {
      throw Failure(with: .sender, error: error)
    }
    var encryptor = outgoing.makeEncryptor()
    try send(encryptor.prefix, at: .image)
    for index in 0..<layout.pieceCount {
      let isLast = layout.isLast(index)
      let bytes = try receive(layout.ciphertextBytes(ofPiece: index))
      let plaintext: UnsafeRawBufferPointer
      do throws(ExchangeError) {
        let count = try decryptor.decrypt(bytes, isLast: isLast, into: plainPiece)
        plaintext = UnsafeRawBufferPointer(rebasing: plainPiece[..<count])
        try sink.take(plaintext)
      } catch { throw Failure(with: .sender, error: error) }
      let size = encryptor.encrypt(plaintext, isLast: isLast, into: newPiece)
      try send(UnsafeRawBufferPointer(rebasing: newPiece[..<size]), at: .image)
    }
  }

  /// What follows the image: the trailer, the end of the stream, the receipt.
  private func end(
    _ incoming: inout ReceiverTransfer, _ outgoing: borrowing SenderTransfer, _ layout: ImageLayout
  ) throws(Failure) {
    let digest = sink.digest() ?? []
    if incoming.finishImage() {
      let frame = try at(front) { () throws(ExchangeError) in
        try front.socket.receiveFrame(.trailer, deadline, at: .trailer)
      }
      saw(frame, from: .sender)
      do throws(ExchangeError) { try incoming.accept(trailer: frame, digest: digest) } catch {
        throw Failure(with: .sender, error: error)
      }
      try send(outgoing.trailer(digest: digest), at: .trailer)
    }
    try at(front) { () throws(ExchangeError) in
      try front.socket.requireEnd(by: Deadline(after: Self.idle), at: .receipt)
      try sink.publish()
    }
    session.journal.obtained(
      InterceptorResult.Obtained(
        bytes: layout.plaintextBytes, sha256: digest, file: session.options.storeImage))
    back.socket.finishSending()
    let frame = try at(back) { () throws(ExchangeError) in
      try back.socket.receiveReceipt(idle: Self.idle)
    }
    saw(frame, from: .receiver)
    do throws(ExchangeError) { try outgoing.verify(receipt: frame) } catch {
      throw Failure(with: .receiver, error: error)
    }
    let receipt = incoming.endOfStream()
    try at(front) { () throws(ExchangeError) in
      try front.socket.sendAll(receipt, idle: Self.idle, at: .receipt)
    }
    session.journal.passed(receipt.count, to: .sender)
    front.socket.finishSending()
  }

  // MARK: Moving bytes

  private var deadline: Timeout { .until(Deadline(after: Self.idle)) }

  private func at<Value>(
    _ leg: Leg, _ body: () throws(ExchangeError) -> Value
  ) throws(Failure) -> Value {
    do throws(ExchangeError) { return try body() } catch {
      throw Failure(with: leg.with, error: error)
    }
  }

  /// The next bytes of the image, to be used before the next call.
  private func receive(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer(rebasing: cipherPiece[..<count])
    guard count > 0 else { return UnsafeRawBufferPointer(buffer) }
    try at(front) { () throws(ExchangeError) in
      try front.socket.check(front.socket.receive(buffer, .idle(Self.idle)), at: .image)
    }
    session.journal.received(count, from: .sender)
    return UnsafeRawBufferPointer(buffer)
  }

  private func send(_ bytes: [UInt8], at step: Step) throws(Failure) {
    try bytes.lend { raw throws(Failure) in try send(raw, at: step) }
  }

  private func send(_ bytes: UnsafeRawBufferPointer, at step: Step) throws(Failure) {
    guard !bytes.isEmpty else { return }
    try at(back) { () throws(ExchangeError) in
      let outcome = back.socket.send(bytes, .idle(Self.idle), noticesInput: true)
      try back.socket.checkSent(outcome, at: step)
    }
    session.journal.passed(bytes.count, to: .receiver)
  }

  private func saw(_ frame: Frame, from role: Role) {
    let count = frame.encoded.count
    note(StreamPart(frame.type), count, from: role)
    session.journal.received(count, from: role)
  }

  /// Everything is made anew for the other side.
  private func note(_ part: StreamPart, _ count: Int, from role: Role) {
    session.journal.markChanged(
      session.journal.saw(part, bytes: UInt64(count), from: role, session: session.number))
  }
}
