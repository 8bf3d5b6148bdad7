import PiCrypto

// The checks of docs/protocol.md, "HELLO", in its order.
extension Handshake {
  func checkConfiguration(of peer: Hello) throws(ExchangeError) {
    guard peer.role == configuration.role.opposite, peer.nonce != hello.nonce else {
      throw ExchangeError(
        .reflected, at: .hello,
        peer.nonce == hello.nonce
          ? "our own HELLO came back" : "the peer is a \(peer.role.name) too",
        hint: "one board must be the sender and the other the receiver")
    }
    try same("profile", peer.profile.name, configuration.profile.name)
    try same("authentication", peer.authentication.name, configuration.authentication.name)
    try same("cipher", peer.cipher.name, configuration.cipher.name)
    // The identifiers, not the names: a name shows a part of the digest only.
    guard peer.groupIdentifier == hello.groupIdentifier else {
      throw mismatch("group", groupName(peer.groupIdentifier), groupName(hello.groupIdentifier))
    }
    if let expected = configuration.peer { try same("name", peer.name.text, expected.text) }
  }

  func checkPublicValue(of peer: Hello) throws(ExchangeError) -> PublicValue {
    let value: PublicValue
    do {
      value = try PublicValue(validating: peer.publicValue, in: configuration.group)
    } catch {
      throw ExchangeError(.badPublicValue, at: .hello, error.message)
    }
    // By chance this happens in tiny groups only.
    guard configuration.group.bits < 512 || peer.publicValue != hello.publicValue else {
      throw ExchangeError(.reflected, at: .hello, "the peer sent our own public value")
    }
    return value
  }

  private func same(
    _ what: String, _ theirs: String, _ ours: String
  ) throws(ExchangeError) {
    guard theirs == ours else { throw mismatch(what, theirs, ours) }
  }

  private func mismatch(_ what: String, _ theirs: String, _ ours: String) -> ExchangeError {
    ExchangeError(
      .mismatch, at: .hello, "the peer's \(what) is \(theirs), ours expects \(ours)",
      hint: "give both boards the same settings; nothing is negotiated")
  }

  private func groupName(_ identifier: [UInt8]) -> String {
    let known = DHGroup.allNames.compactMap { DHGroup.named($0) }
    if let match = known.first(where: { $0.identifier == identifier }) { return match.name }
    return "the one with digest \(Hex.encode(identifier.prefix(8)))…"
  }
}

extension PublicValueError {
  fileprivate var message: String {
    switch self {
    case .wrongLength: "the peer's public value does not have the length of P"
    case .outOfRange: "the peer's public value is out of range: 2 <= y <= P-2 must hold"
    case .outsideSubgroup: "the peer's public value is not in the subgroup of order q"
    case .degenerateSecret: "the shared secret is 0, 1 or P-1"
    }
  }
}
