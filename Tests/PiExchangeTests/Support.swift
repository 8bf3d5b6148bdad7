import PiCrypto
import Testing

@testable import PiExchange

extension SecretBytes {
  init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }
}

extension ExchangeConfiguration {
  static func test(
    _ role: Role, cipher: Cipher = .aes128ECB, authentication: Authentication = .none,
    group: DHGroup = .ffdhe2048, name: String? = nil, peer: String? = nil
  ) throws -> ExchangeConfiguration {
    ExchangeConfiguration(
      role: role,
      name: try #require(BoardName(name ?? (role == .sender ? "alice" : "bob"))),
      peer: try peer.map { try #require(BoardName($0)) },
      profile: cipher == .cobblestone128 ? .sealed : .classic,
      authentication: authentication, cipher: cipher, group: group)
  }
}

/// A side of a handshake with the bytes that it has not read yet.
final class Side {
  private var handshake: Handshake?
  private let key: [UInt8]?
  private(set) var unread: [UInt8] = []
  private(set) var isConfirmed = false
  let opening: [UInt8]

  init(
    _ configuration: ExchangeConfiguration, key: [UInt8]? = nil, exponent: String? = nil
  ) throws {
    let keyPair =
      try exponent.map { try KeyPair(fixed: $0, in: configuration.group) }
      ?? KeyPair(generatingIn: configuration.group)
    self.key = key
    let made = Handshake(configuration: configuration, keyPair: keyPair)
    opening = made.opening
    handshake = .some(made)
  }

  /// Feeds bytes as they are needed; returns what the side answers. After an error the side is dead.
  func take(_ bytes: [UInt8]) throws -> [UInt8] {
    unread += bytes
    guard var handshake = handshake.take() else { throw Unfinished() }
    var answer: [UInt8] = []
    while handshake.bytesNeeded > 0, unread.count >= handshake.bytesNeeded {
      let piece = Array(unread.prefix(handshake.bytesNeeded))
      unread.removeFirst(piece.count)
      switch try handshake.receive(piece) {
      case .helloAccepted:
        answer +=
          try handshake.deriveKeys(preSharedKey: key.map { SecretBytes($0) })
      case .confirmed: isConfirmed = true
      case nil: break
      }
    }
    self.handshake = .some(handshake)
    return answer
  }

  func finish() throws -> Session {
    try #require(isConfirmed)
    guard let session = handshake.take()?.finish() else { throw Unfinished() }
    return session
  }

  struct Unfinished: Error {}
}

/// Both sides, having exchanged everything up to their CONFIRM frames.
struct Pair {
  let sender: Side
  let receiver: Side

  init(
    cipher: Cipher = .aes128ECB, authentication: Authentication = .none,
    group: DHGroup = .ffdhe2048, keys: ([UInt8], [UInt8])? = nil
  ) throws {
    sender = try Side(
      .test(.sender, cipher: cipher, authentication: authentication, group: group), key: keys?.0)
    receiver = try Side(
      .test(.receiver, cipher: cipher, authentication: authentication, group: group), key: keys?.1)
  }

  func agree() throws {
    let fromSender = try sender.take(receiver.opening)
    let fromReceiver = try receiver.take(sender.opening)
    _ = try sender.take(fromReceiver)
    _ = try receiver.take(fromSender)
  }
}
