import PiCrypto

/// What one side is configured for. Nothing of it is negotiated.
public struct ExchangeConfiguration: Sendable {
  public var role: Role
  public var name: BoardName
  /// nil accepts a peer of any name.
  public var peer: BoardName?
  public var profile: Profile
  public var authentication: Authentication
  public var cipher: Cipher
  public var group: DHGroup

  public init(
    role: Role, name: BoardName, peer: BoardName?, profile: Profile,
    authentication: Authentication, cipher: Cipher, group: DHGroup
  ) {
    self.role = role
    self.name = name
    self.peer = peer
    self.profile = profile
    self.authentication = authentication
    self.cipher = cipher
    self.group = group
  }
}

/// The key exchange of one side as a value: bytes in, bytes and events out, no socket.
///
/// ```
/// preamble -> hello -> [deriveKeys(preSharedKey:)] -> confirm -> confirmed
/// ```
public struct Handshake: ~Copyable, Sendable {
  private enum State: Sendable {
    case preamble
    case hello(FrameReader)
    case secret(Hello, PublicValue)
    case confirm(FrameReader)
    case confirmed
  }

  /// What a received frame has brought about.
  public enum Event: Sendable, Equatable {
    /// The peer's HELLO is acceptable; `deriveKeys` is due.
    case helloAccepted
    case confirmed
  }

  let configuration: ExchangeConfiguration
  /// nil once the keys are derived: nothing needs the exponent any more.
  private var keyPair: KeyPair?
  let hello: Hello
  private var state = State.preamble
  private var peer: Hello?
  private var keys: SessionKeys?

  /// `nonce` has 32 bytes, fresh for each exchange.
  public init(
    configuration: ExchangeConfiguration, keyPair: consuming KeyPair,
    nonce: [UInt8] = SystemRandom.bytes(32)
  ) {
    precondition(nonce.count == Wire.nonceSize)
    precondition(configuration.profile.ciphers.contains(configuration.cipher))
    hello = Hello(
      role: configuration.role, profile: configuration.profile,
      authentication: configuration.authentication, cipher: configuration.cipher,
      group: configuration.group, nonce: nonce, name: configuration.name,
      publicValue: keyPair.publicValue)
    self.configuration = configuration
    self.keyPair = .some(keyPair)
  }

  /// PREAMBLE and HELLO, to be sent at once.
  public var opening: [UInt8] { Wire.preamble + hello.frame.encoded }

  /// Our public value, and what is known of the peer and of both once the keys are derived.
  package var publicValue: [UInt8] { hello.publicValue }
  package var peerPublicValue: [UInt8]? { peer?.publicValue }
  package private(set) var transcript: [UInt8]?

  /// Bytes of the next call of `receive`; 0 when none are due.
  public var bytesNeeded: Int {
    switch state {
    case .preamble: Wire.preambleSize
    case .hello(let reader), .confirm(let reader): reader.bytesNeeded
    case .secret, .confirmed: 0
    }
  }

  /// Takes exactly `bytesNeeded` bytes of the peer's stream.
  public mutating func receive(_ bytes: [UInt8]) throws(ExchangeError) -> Event? {
    precondition(bytes.count == bytesNeeded && bytesNeeded > 0)
    switch state {
    case .preamble:
      try checkPreamble(bytes)
      state = .hello(FrameReader(expecting: .hello))
      return nil
    case .hello(var reader):
      let frame = try reader.receive(bytes)
      state = .hello(reader)
      guard let frame else { return nil }
      let peer = try Hello(decoding: frame.payload)
      try checkConfiguration(of: peer)
      state = .secret(peer, try checkPublicValue(of: peer))
      return .helloAccepted
    case .confirm(var reader):
      let frame = try reader.receive(bytes)
      state = .confirm(reader)
      guard let frame else { return nil }
      try checkConfirmation(frame.payload)
      state = .confirmed
      return .confirmed
    case .secret, .confirmed:
      preconditionFailure("no bytes are due")
    }
  }

  /// Computes the shared secret and the keys; returns CONFIRM, to be sent at once.
  ///
  /// `preSharedKey` has 32 bytes and is there exactly if the configuration says so. It, the private exponent, the
  /// shared secret and the pseudorandom key are gone when this returns or throws.
  public mutating func deriveKeys(
    preSharedKey: consuming SecretBytes?
  ) throws(ExchangeError) -> [UInt8] {
    guard case .secret(let peer, let value) = state, let keyPair = keyPair.take() else {
      preconditionFailure("the peer's HELLO is not there yet, or the keys are derived")
    }
    let salt = checkedSalt(preSharedKey)
    let transcript = transcript(with: peer)
    let profile = configuration.profile
    let keys = try onWipedStack { () throws(ExchangeError) in
      try Self.deriveKeys(keyPair, value, salt, profile, transcript)
    }
    let confirm = Frame(.confirm, keys.code(of: configuration.role, "confirm"))
    self.keys = consume keys
    self.peer = peer
    self.transcript = transcript
    state = .confirm(FrameReader(expecting: .confirm))
    return confirm.encoded
  }

  private func transcript(with peer: Hello) -> [UInt8] {
    let theirs = Wire.preamble + peer.frame.encoded
    return SHA256.digest(configuration.role == .sender ? opening + theirs : theirs + opening)
  }

  private static func deriveKeys(
    _ keyPair: borrowing KeyPair, _ value: PublicValue, _ salt: borrowing SecretBytes,
    _ profile: Profile, _ transcript: [UInt8]
  ) throws(ExchangeError) -> SessionKeys {
    let secret: SharedSecret
    do {
      secret = try keyPair.sharedSecret(with: value)
    } catch {
      throw ExchangeError(.badPublicValue, at: .hello, "the shared secret is 0, 1 or P-1")
    }
    return SessionKeys(
      profile: profile, secret: secret, preSharedKey: salt, transcript: transcript)
  }

  /// 32 bytes: the pre-shared key, or zeros where there is none.
  private func checkedSalt(_ preSharedKey: consuming SecretBytes?) -> SecretBytes {
    guard let key = preSharedKey else {
      precondition(configuration.authentication == .none)
      return SecretBytes(count: SessionKeys.preSharedKeySize) { _ in }
    }
    precondition(configuration.authentication == .preSharedKey)
    precondition(key.count == SessionKeys.preSharedKeySize)
    return key
  }

  /// The agreed session; only after `.confirmed`.
  public consuming func finish() -> Session {
    guard case .confirmed = state, let peer, let keys = consume keys else {
      preconditionFailure("the key is not confirmed")
    }
    return Session(
      role: configuration.role, cipher: configuration.cipher, peer: peer.name,
      publicValue: hello.publicValue, peerPublicValue: peer.publicValue, nonce: hello.nonce,
      keys: keys)
  }

  private func checkPreamble(_ bytes: [UInt8]) throws(ExchangeError) {
    guard bytes.dropLast() == Wire.magic[...] else {
      throw ExchangeError(
        .badMagic, at: .hello, "the peer's first bytes are not a pilab preamble",
        hint: "is another program listening on that port?")
    }
    guard bytes.last == Wire.version else {
      throw ExchangeError(
        .badVersion, at: .hello,
        "the peer speaks version \(bytes[7]) of the protocol, this program version \(Wire.version)",
        hint: "deploy the same version of the board programs on both boards")
    }
  }

  private func checkConfirmation(_ code: [UInt8]) throws(ExchangeError) {
    let expected = keys?.code(of: configuration.role.opposite, "confirm")
    guard let expected, constantTimeEqual(expected, code) else {
      throw ExchangeError(
        .keyConfirmationFailed, at: .confirm, "the peer has not derived the same keys",
        hint: configuration.authentication == .preSharedKey
          ? "do both boards hold the same pre-shared key? If they do, someone changed the handshake"
          : "someone changed the handshake on its way")
    }
  }
}
