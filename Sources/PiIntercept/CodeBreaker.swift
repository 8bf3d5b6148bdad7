import PiCrypto
import PiExchange
import PiTransfer

/// Reads a recorded exchange: finds the receiver's private exponent, and is the receiver once more.
struct CodeBreaker {
  private let options: InterceptorOptions
  private let journal: Journal

  init(_ options: InterceptorOptions, _ journal: Journal) {
    self.options = options
    self.journal = journal
  }

  func run(_ recorder: Recorder) {
    guard let path = recorder.readingPath else {
      return journal.withheld("the exchange was too large to be recorded: --record-limit")
    }
    do throws(ExchangeError) {
      journal.obtained(try image(path))
    } catch { journal.withheld(error.message) }
  }

  private func image(_ path: String) throws(ExchangeError) -> InterceptorResult.Obtained {
    let hello = try receiverHello(path)
    guard hello.groupIdentifier == options.group.identifier else {
      throw failure("the boards use another group than configured")
    }
    guard hello.authentication == .none else {
      throw failure("the boards authenticate each other: the exponent alone is not enough")
    }
    guard hello.profile.ciphers.contains(hello.cipher), let keyPair = try keyPair(hello) else {
      throw failure("the group is too strong: the private exponent cannot be found")
    }
    let configuration = ExchangeConfiguration(
      role: .receiver, name: hello.name, peer: nil, profile: hello.profile,
      authentication: .none, cipher: hello.cipher, group: options.group)
    var handshake = Handshake(
      configuration: configuration, keyPair: keyPair, nonce: hello.nonce)
    var stream = try RecordedStream(path: path)
    while handshake.bytesNeeded > 0 {
      let event = try handshake.receive(try stream.take(handshake.bytesNeeded))
      if event == .helloAccepted { _ = try handshake.deriveKeys(preSharedKey: nil) }
    }
    return try decrypt(&stream, ReceiverTransfer(handshake.finish()))
  }

  private func keyPair(_ hello: Hello) throws(ExchangeError) -> KeyPair? {
    do throws(PublicValueError) {
      return KeyPair(
        breaking: try PublicValue(validating: hello.publicValue, in: options.group),
        in: options.group)
    } catch { throw failure("the receiver's public value is not in the group") }
  }

  private func receiverHello(_ path: String) throws(ExchangeError) -> Hello {
    var recording = try RecordingReader(path: path)
    var reader = StreamReader(from: .receiver)
    while let bytes = try recording.next(from: .receiver) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let (element, consumed) = rest.withUnsafeBytes { reader.read($0) }
        rest = rest.dropFirst(consumed)
        if case .frame(let frame) = element, frame.type == .hello {
          return try Hello(decoding: frame.payload)
        }
      }
    }
    throw failure("the receiver said nothing that can be understood")
  }

  private func decrypt(
    _ stream: inout RecordedStream, _ transfer: consuming ReceiverTransfer
  ) throws(ExchangeError) -> InterceptorResult.Obtained {
    let header = try stream.frame(.header)
    let layout = try transfer.accept(header: header, limit: Wire.maximumImageBytes)
    var sink = ByteSink(hashes: true, store: try Self.file(options.storeImage))
    var decryptor = try transfer.makeDecryptor(prefix: try stream.take(layout.prefixBytes))
    let plain = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ImageLayout.pieceCapacity, alignment: 4096)
    defer { plain.deallocate() }
    for index in 0..<layout.pieceCount {
      let piece = try stream.take(layout.ciphertextBytes(ofPiece: index))
      try piece.lend { bytes throws(ExchangeError) in
        let count = try decryptor.decrypt(bytes, isLast: layout.isLast(index), into: plain)
        try sink.take(UnsafeRawBufferPointer(rebasing: plain[..<count]))
      }
    }
    let digest = sink.digest() ?? []
    if transfer.finishImage() {
      try transfer.accept(trailer: try stream.frame(.trailer), digest: digest)
    }
    try sink.publish()
    return InterceptorResult.Obtained(
      bytes: layout.plaintextBytes, sha256: digest, file: options.storeImage)
  }

  private static func file(_ path: String?) throws(ExchangeError) -> AtomicFile? {
    guard let path else { return nil }
    return try AtomicFile(path: path)
  }

  private func failure(_ message: String) -> ExchangeError {
    ExchangeError(.integrityFailure, at: .program, message)
  }
}

/// What the sender of a recording sent, in pieces of any size.
struct RecordedStream: ~Copyable {
  private var recording: RecordingReader
  private var pending: [UInt8] = []

  init(path: String) throws(ExchangeError) { recording = try RecordingReader(path: path) }

  mutating func take(_ count: Int) throws(ExchangeError) -> [UInt8] {
    while pending.count < count {
      guard let bytes = try recording.next(from: .sender) else {
        throw ExchangeError(.truncated, at: .image, "the sender's stream ended too early")
      }
      pending += bytes
    }
    let taken = Array(pending.prefix(count))
    pending.removeFirst(count)
    return taken
  }

  mutating func frame(_ type: FrameType) throws(ExchangeError) -> Frame {
    var reader = FrameReader(expecting: type)
    while true {
      if let frame = try reader.receive(try take(reader.bytesNeeded)) { return frame }
    }
  }
}
