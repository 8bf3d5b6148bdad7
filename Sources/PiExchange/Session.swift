import PiCrypto

/// A confirmed key and what was agreed under it.
public struct Session: ~Copyable, Sendable {
  public let role: Role
  public let cipher: Cipher
  public let peer: BoardName
  /// Our own public value and the peer's, left-padded to the length of P.
  public let publicValue: [UInt8]
  public let peerPublicValue: [UInt8]
  /// Our own, 32 bytes.
  public let nonce: [UInt8]
  let keys: SessionKeys

  /// SHA-256 over both sides' PREAMBLE and HELLO; equal on both boards.
  public var transcript: [UInt8] { keys.transcript }
}

/// The transfer as its sender sees it: header, image, trailer (classic), receipt.
public struct SenderTransfer: ~Copyable, Sendable {
  private let session: Session
  public let layout: ImageLayout

  /// `plaintextBytes` at most `Wire.maximumImageBytes`.
  public init(_ session: consuming Session, plaintextBytes: UInt64) {
    layout = ImageLayout(cipher: session.cipher, plaintextBytes: plaintextBytes)
    self.session = session
  }

  public var header: [UInt8] {
    let length = layout.plaintextBytes.bigEndianBytes
    return Frame(.header, length + session.keys.code(of: .sender, "header", length)).encoded
  }

  /// Encrypts the image that follows the header.
  public func makeEncryptor() -> ImageEncryptor {
    ImageEncryptor(cipher: session.cipher, keys: session.keys)
  }

  /// Of profile classic; sealed needs none. `digest` is SHA-256 of the plaintext.
  public func trailer(digest: [UInt8]) -> [UInt8] {
    let data = layout.plaintextBytes.bigEndianBytes + digest
    return Frame(.trailer, digest + session.keys.code(of: .sender, "trailer", data)).encoded
  }

  /// Checks the payload of RECEIPT.
  public func verify(receipt frame: Frame) throws(ExchangeError) {
    let length = layout.plaintextBytes.bigEndianBytes
    let code = session.keys.code(of: .receiver, "receipt", length)
    guard constantTimeEqual(frame.payload, length + code) else {
      throw ExchangeError(.integrityFailure, at: .receipt, "the receiver's receipt does not verify")
    }
  }
}

/// The transfer as its receiver sees it.
///
/// ```
/// header -> image -> trailer (classic) -> end of stream -> receipt
/// ```
public struct ReceiverTransfer: ~Copyable, Sendable {
  private enum State: Sendable, Equatable {
    case header, image, trailer, end, verified
  }

  private let session: Session
  private var state = State.header
  private var acceptedLayout: ImageLayout?

  public init(_ session: consuming Session) { self.session = session }

  /// Checks HEADER and says what will come. `limit` in bytes of plaintext.
  public mutating func accept(
    header frame: Frame, limit: UInt64
  ) throws(ExchangeError) -> ImageLayout {
    precondition(state == .header)
    let length = Array(frame.payload[..<8])
    let code = session.keys.code(of: .sender, "header", length)
    guard constantTimeEqual(frame.payload[8...], code) else {
      throw ExchangeError(
        .integrityFailure, at: .header, "the image's header was changed on its way")
    }
    let bytes = UInt64(bigEndianBytes: length)
    guard bytes <= min(limit, Wire.maximumImageBytes) else {
      throw ExchangeError(
        .imageTooLarge, at: .header,
        "the image has \(bytes) bytes, at most \(min(limit, Wire.maximumImageBytes)) are accepted")
    }
    let layout = ImageLayout(cipher: session.cipher, plaintextBytes: bytes)
    acceptedLayout = layout
    state = .image
    return layout
  }

  /// Checks what precedes the first piece.
  public func makeDecryptor(prefix: [UInt8]) throws(ExchangeError) -> ImageDecryptor {
    guard state == .image, let layout = acceptedLayout else {
      preconditionFailure("HEADER comes first")
    }
    return try ImageDecryptor(layout: layout, keys: session.keys, prefix: prefix)
  }

  /// The last piece is decrypted. Returns whether a trailer comes.
  public mutating func finishImage() -> Bool {
    precondition(state == .image)
    state = session.cipher == .cobblestone128 ? .end : .trailer
    return state == .trailer
  }

  /// Checks TRAILER against the digest of what was decrypted.
  public mutating func accept(trailer frame: Frame, digest: [UInt8]) throws(ExchangeError) {
    precondition(state == .trailer)
    let sent = Array(frame.payload[..<32])
    let data = (acceptedLayout?.plaintextBytes ?? 0).bigEndianBytes + sent
    let code = session.keys.code(of: .sender, "trailer", data)
    guard constantTimeEqual(frame.payload[32...], code), constantTimeEqual(sent, digest) else {
      throw .imageNotVerified
    }
    state = .end
  }

  /// The stream ended where it should: everything is verified. Returns RECEIPT.
  public mutating func endOfStream() -> [UInt8] {
    precondition(state == .end)
    state = .verified
    let length = (acceptedLayout?.plaintextBytes ?? 0).bigEndianBytes
    return Frame(.receipt, length + session.keys.code(of: .receiver, "receipt", length)).encoded
  }
}
