import FuzzSupport

@testable import PiCrypto
@testable import PiExchange

/// Both roles of the exchange, fed with what a peer might send.
///
/// What is asserted beside "does not trap": a side confirms only what its peer's very keys made, and a transfer gives
/// the plaintext that was sent or an error.
enum ExchangeTargets {
  private static let types: [FrameType] = [.hello, .confirm, .header, .trailer, .receipt, .alert]

  /// Frames and HELLO alone: no keys, so millions of inputs a minute.
  static func frames(_ data: UnsafeRawBufferPointer) {
    var input = Input(data)
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
    let edits = input.byte()
    var side = setting.side(role)
    guard edits != 255 else {
      _ = side.take(input.rest(), setting.key)
      precondition(!side.isConfirmed, "a stream without its peer's keys was confirmed")
      return
    }
    var peer = setting.side(role.opposite)
    var stream = peer.opening
    for _ in 0..<min(edits, 3) { input.edit(&stream) }
    // The peer answers what it saw of this side: its true opening.
    guard side.take(stream, setting.key), peer.take(side.opening, setting.key) else { return }
    var confirm = peer.answer
    input.edit(&confirm)
    _ = side.take(confirm, setting.key)
    // What follows CONFIRM is the next phase's matter.
    let isTrue = (stream + confirm).starts(with: peer.opening + peer.answer)
    precondition(
      side.isConfirmed == isTrue, "a changed handshake was confirmed, or a true one was not")
  }

  /// Header, image, trailer and receipt of a confirmed session, edited by the input.
  static func transfer(_ data: UnsafeRawBufferPointer) {
    var input = Input(data)
    let setting = Setting(input.byte())
    let edits = Int(input.byte()) % 4
    let plaintext = input.bytes(min(input.count, Int(input.byte()) * 5))
    let sender = SenderTransfer(setting.session(.sender), plaintextBytes: UInt64(plaintext.count))
    let sent = sender.stream(of: plaintext)
    var stream = sent
    for _ in 0..<edits { input.edit(&stream) }
    var receiver = ReceivedTransfer(setting.session(.receiver))
    let result = stream.withUnsafeBytes { receiver.take($0) }
    // A counter block is sent in the clear and not authenticated: the plaintext is. Another one may give the same image
    // where that is empty or a few bytes long.
    var sameImage = sent
    if result != nil, setting.cipher == .aes128CTR, stream.count == sent.count {
      let block = sender.header.count..<(sender.header.count + sender.layout.prefixBytes)
      sameImage.replaceSubrange(block, with: stream[block])
    }
    precondition(
      (result != nil) == (stream == sameImage),
      "a changed image was verified, or a true one was not")
    guard let result else { return }
    precondition(result.plaintext == plaintext, "another image was verified")
    var receipt = result.receipt
    input.edit(&receipt)
    let isAccepted = receipt.withUnsafeBytes { bytes in
      var input = Input(bytes)
      do {
        try sender.verify(receipt: Frame.read(.receipt, from: &input))
        return true
      } catch { return false }
    }
    precondition(
      isAccepted == receipt.starts(with: result.receipt), "a changed receipt was accepted")
  }
}

/// What a session is made of, chosen by a byte.
struct Setting {
  let cipher: Cipher
  let key: [UInt8]?

  private static let ciphers: [Cipher] = [.aes128ECB, .aes128CTR, .cobblestone128]
  /// P = 23 makes an exponentiation cheap, and has every edge within a byte.
  private static let textbook = {
    do { return try DHGroup.custom(prime: "23", generator: "5") } catch { fatalError("\(error)") }
  }()
  private static let names = [BoardName("alice"), BoardName("bob")].map { name in
    guard let name else { fatalError("a name") }
    return name
  }

  init(_ byte: UInt8) {
    cipher = Self.ciphers[Int(byte & 3) % 3]
    key = cipher == .cobblestone128 && byte & 4 != 0 ? [UInt8](repeating: 0x5A, count: 32) : nil
  }

  func side(_ role: Role) -> FuzzedSide {
    let isSender = role == .sender
    return FuzzedSide(
      ExchangeConfiguration(
        role: role, name: Self.names[isSender ? 0 : 1], peer: Self.names[isSender ? 1 : 0],
        profile: cipher == .cobblestone128 ? .sealed : .classic,
        authentication: key == nil ? .none : .preSharedKey, cipher: cipher, group: Self.textbook))
  }

  /// As a confirmed handshake leaves it, with keys of a secret that is always the same.
  func session(_ role: Role) -> Session {
    let secret = SecretBytes(count: 32) {
      $0.copyBytes(from: key ?? [UInt8](repeating: 2, count: 32))
    }
    let keys = SessionKeys(
      profile: cipher == .cobblestone128 ? .sealed : .classic,
      secret: SharedSecret(bytes: secret),
      preSharedKey: SecretBytes(count: SessionKeys.preSharedKeySize) {
        $0.copyBytes(from: key ?? [])
      },
      transcript: [UInt8](repeating: 7, count: 32))
    return Session(
      role: role, cipher: cipher, peer: Self.names[role == .sender ? 1 : 0],
      publicValue: [2], peerPublicValue: [3], nonce: [UInt8](repeating: 4, count: 32), keys: keys)
  }
}

/// A side of a handshake that is fed bytes.
struct FuzzedSide: ~Copyable {
  private var handshake: Handshake
  let opening: [UInt8]
  private var unread: [UInt8] = []
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

  /// Whether all so far was acceptable; what is not due yet waits for the next call.
  mutating func take(_ stream: [UInt8], _ key: [UInt8]?) -> Bool {
    unread += stream
    while handshake.bytesNeeded > 0, unread.count >= handshake.bytesNeeded {
      let piece = Array(unread.prefix(handshake.bytesNeeded))
      unread.removeFirst(piece.count)
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
}

/// Room for a piece, made once: to make it anew costs more than a transfer.
nonisolated(unsafe) private let room = UnsafeMutableRawBufferPointer.allocate(
  byteCount: ImageLayout.pieceCapacity, alignment: 16)

extension SenderTransfer {
  /// What a true sender sends of an image of one piece.
  fileprivate borrowing func stream(of plaintext: [UInt8]) -> [UInt8] {
    var encryptor = makeEncryptor()
    let written = plaintext.withUnsafeBytes { encryptor.encrypt($0, isLast: true, into: room) }
    let image = header + encryptor.prefix + Array(room[..<written])
    return layout.cipher == .cobblestone128
      ? image : image + trailer(digest: SHA256.digest(plaintext))
  }
}

/// A receiver of such a stream.
struct ReceivedTransfer: ~Copyable {
  private var transfer: ReceiverTransfer

  init(_ session: consuming Session) { transfer = ReceiverTransfer(session) }

  /// The plaintext and RECEIPT, where the whole stream verifies.
  mutating func take(_ stream: UnsafeRawBufferPointer) -> (plaintext: [UInt8], receipt: [UInt8])? {
    var input = Input(stream)
    do {
      let layout = try transfer.accept(header: Frame.read(.header, from: &input), limit: 1 << 20)
      guard input.count >= Int(layout.ciphertextBytes) else { return nil }
      var decryptor = try transfer.makeDecryptor(prefix: input.bytes(layout.prefixBytes))
      let piece = input.bytes(layout.ciphertextBytes(ofPiece: 0))
      let written: Result<Int, ExchangeError> = piece.withUnsafeBytes { piece in
        Result { () throws(ExchangeError) in
          try decryptor.decrypt(piece, isLast: true, into: room)
        }
      }
      let plaintext = Array(room[..<(try written.get())])
      if transfer.finishImage() {
        try transfer.accept(
          trailer: Frame.read(.trailer, from: &input), digest: SHA256.digest(plaintext))
      }
      guard input.count == 0 else { return nil }
      return (plaintext, transfer.endOfStream())
    } catch { return nil }
  }
}

extension Frame {
  fileprivate static func read(
    _ type: FrameType, from input: inout Input
  ) throws(ExchangeError) -> Frame {
    var reader = FrameReader(expecting: type)
    while input.count >= reader.bytesNeeded {
      if let frame = try reader.receive(input.bytes(reader.bytesNeeded)) { return frame }
    }
    throw ExchangeError(.truncated, at: type.step, "the stream ends")
  }
}
