import PiCrypto

@testable import PiExchange

/// Both roles of the exchange, fed with what a peer might send.
///
/// What is asserted beside "does not trap": a side confirms only what its peer's very keys made, and a transfer gives
/// the plaintext that was sent or an error.
enum ExchangeTargets {
  /// Frames and HELLO alone: no keys, so millions of inputs a minute.
  static func frames(_ data: UnsafeRawBufferPointer) {
    var input = Input(data)
    let types: [FrameType] = [.hello, .confirm, .header, .trailer, .receipt, .alert]
    var reader = FrameReader(expecting: types[Int(input.byte()) % types.count])
    while input.count >= reader.bytesNeeded {
      do {
        guard let frame = try reader.receive(input.bytes(reader.bytesNeeded)) else { continue }
        guard frame.type == .hello else { return }
        let hello = try Hello(decoding: frame.payload)
        precondition(hello.frame == frame, "HELLO is not written as it was read")
        return
      } catch { return }
    }
  }

  static func sender(_ data: UnsafeRawBufferPointer) { handshake(.sender, data) }
  static func receiver(_ data: UnsafeRawBufferPointer) { handshake(.receiver, data) }

  /// A side with a fixed exponent and the stream of a true peer, which the input edits or replaces.
  private static func handshake(_ role: Role, _ data: UnsafeRawBufferPointer) {
    var input = Input(data)
    let setting = Setting(input.byte())
    let edits = Int(input.byte())
    var side = setting.side(role)
    var peer = setting.side(role.opposite)
    var stream = edits == 255 ? [] : peer.opening
    for _ in 0..<min(edits, 3) where edits != 255 { input.edit(&stream) }
    let isTrue = edits != 255 && stream == peer.opening
    if edits == 255 { stream = input.rest() }
    guard side.take(stream, setting.key) else { return }
    // The peer answers what it saw of this side: its true opening.
    guard edits != 255, peer.take(side.opening, setting.key) else { return }
    var confirm = peer.answer
    input.edit(&confirm)
    let isUnchanged = confirm == peer.answer
    let isConfirmed = side.take(confirm, setting.key) && side.isConfirmed
    precondition(!isConfirmed || (isTrue && isUnchanged), "a changed handshake was confirmed")
  }

  /// Header, image and trailer of a confirmed session, edited by the input, in pieces of its choice.
  static func transfer(_ data: UnsafeRawBufferPointer) {
    var input = Input(data)
    let setting = Setting(input.byte())
    let edits = Int(input.byte()) % 4
    let plaintext = input.bytes(min(input.count, Int(input.byte()) * 5))
    let sent = Sent(setting.session(.sender), plaintext)
    var stream = sent.stream
    for _ in 0..<edits { input.edit(&stream) }
    var receiver = ReceivedTransfer(setting.session(.receiver))
    let result = receiver.take(&stream)
    if let result { precondition(result == plaintext, "another image was verified") }
    precondition(result != nil || stream != sent.stream || edits > 0, "a true image was refused")
  }
}

/// What a session is made of, chosen by a byte.
struct Setting {
  let cipher: Cipher
  let key: [UInt8]?
  /// P = 23 makes an exponentiation cheap, and has every edge within a byte.
  private static let textbook = {
    do { return try DHGroup.custom(prime: "23", generator: "5") } catch { fatalError("\(error)") }
  }()

  init(_ byte: UInt8) {
    let ciphers: [Cipher] = [.aes128ECB, .aes128CTR, .cobblestone128]
    cipher = ciphers[Int(byte & 3) % 3]
    key = cipher == .cobblestone128 && byte & 4 != 0 ? [UInt8](repeating: 0x5A, count: 32) : nil
  }

  func side(_ role: Role) -> FuzzedSide {
    guard let alice = BoardName("alice"), let bob = BoardName("bob") else { fatalError("names") }
    let configuration = ExchangeConfiguration(
      role: role, name: role == .sender ? alice : bob, peer: role == .sender ? bob : alice,
      profile: cipher == .cobblestone128 ? .sealed : .classic,
      authentication: key == nil ? .none : .preSharedKey, cipher: cipher, group: Self.textbook)
    return FuzzedSide(configuration)
  }

  /// Of a handshake with a true peer.
  func session(_ role: Role) -> Session {
    var side = self.side(role)
    var peer = self.side(role.opposite)
    guard side.take(peer.opening, key), peer.take(side.opening, key), side.take(peer.answer, key)
    else { fatalError("two true sides do not agree") }
    return side.finish()
  }
}

/// A side of a handshake that is fed bytes.
struct FuzzedSide: ~Copyable {
  private var handshake: Handshake
  let opening: [UInt8]
  private(set) var answer: [UInt8] = []
  private(set) var isConfirmed = false

  init(_ configuration: ExchangeConfiguration) {
    let isSender = configuration.role == .sender
    do {
      handshake = Handshake(
        configuration: configuration,
        keyPair: try KeyPair(fixed: isSender ? "6" : "15", in: configuration.group),
        nonce: [UInt8](repeating: isSender ? 0x20 : 0x40, count: 32))
    } catch { fatalError("\(error)") }
    opening = handshake.opening
  }

  /// Whether all of the stream was acceptable.
  mutating func take(_ stream: [UInt8], _ key: [UInt8]?) -> Bool {
    var rest = stream[...]
    while handshake.bytesNeeded > 0, rest.count >= handshake.bytesNeeded {
      let piece = Array(rest.prefix(handshake.bytesNeeded))
      rest = rest.dropFirst(piece.count)
      do {
        switch try handshake.receive(piece) {
        case .helloAccepted:
          let secret = key.map { bytes in
            SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
          }
          answer = try handshake.deriveKeys(preSharedKey: secret)
        case .confirmed: isConfirmed = true
        case nil: break
        }
      } catch { return false }
    }
    return true
  }

  consuming func finish() -> Session { handshake.finish() }
}

/// What a true sender sends of an image.
struct Sent {
  let stream: [UInt8]

  init(_ session: consuming Session, _ plaintext: [UInt8]) {
    let transfer = SenderTransfer(session, plaintextBytes: UInt64(plaintext.count))
    var encryptor = transfer.makeEncryptor()
    var stream = transfer.header + encryptor.prefix
    var output = [UInt8](repeating: 0, count: ImageLayout.pieceCapacity)
    let written = plaintext.withUnsafeBytes { piece in
      output.withUnsafeMutableBytes { encryptor.encrypt(piece, isLast: true, into: $0) }
    }
    stream += output[..<written]
    if transfer.layout.cipher != .cobblestone128 {
      stream += transfer.trailer(digest: SHA256.digest(plaintext))
    }
    self.stream = stream
  }
}

/// A receiver of such a stream.
struct ReceivedTransfer: ~Copyable {
  private var transfer: ReceiverTransfer

  init(_ session: consuming Session) { transfer = ReceiverTransfer(session) }

  /// The plaintext, where the whole stream verifies.
  mutating func take(_ stream: inout [UInt8]) -> [UInt8]? {
    var input = stream.withUnsafeBytes { Input(copying: $0) }
    do {
      let header = try frame(.header, &input)
      let layout = try transfer.accept(header: header, limit: 1 << 20)
      guard input.count >= Int(layout.ciphertextBytes) else { return nil }
      var decryptor = try transfer.makeDecryptor(prefix: input.bytes(layout.prefixBytes))
      var output = [UInt8](repeating: 0, count: ImageLayout.pieceCapacity)
      let piece = input.bytes(layout.ciphertextBytes(ofPiece: 0))
      let result: Result<Int, ExchangeError> = piece.withUnsafeBytes { piece in
        output.withUnsafeMutableBytes { room in
          Result { () throws(ExchangeError) in
            try decryptor.decrypt(piece, isLast: true, into: room)
          }
        }
      }
      let plaintext = Array(output[..<(try result.get())])
      if transfer.finishImage() {
        try transfer.accept(
          trailer: try frame(.trailer, &input), digest: SHA256.digest(plaintext))
      }
      guard input.count == 0 else { return nil }
      _ = transfer.endOfStream()
      precondition(UInt64(plaintext.count) == layout.plaintextBytes, "the image has another length")
      return plaintext
    } catch { return nil }
  }

  private func frame(_ type: FrameType, _ input: inout Input) throws(ExchangeError) -> Frame {
    var reader = FrameReader(expecting: type)
    while true {
      guard input.count >= reader.bytesNeeded else {
        throw ExchangeError(.truncated, at: .image, "the stream ends")
      }
      if let frame = try reader.receive(input.bytes(reader.bytesNeeded)) { return frame }
    }
  }
}
