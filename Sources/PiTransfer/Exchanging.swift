import PiCrypto
import PiExchange

/// The exchange as far as both roles have it.
package struct Exchanging {
  let options: CommonOptions
  /// An attacker's side: where the boards authenticate each other it has a key that is none of theirs.
  package var makesUpKey = false
  var times = StepTimes()
  var marks = Marks()

  package init(_ options: CommonOptions) {
    self.options = options
    marks.start = Monotonic.now
  }

  var isClassic: Bool { options.configuration.profile == .classic }

  /// The trailer of profile classic needs it.
  var hashesPlaintext: Bool { isClassic || options.digests.contains(.plaintext) }

  var hashesCiphertext: Bool { options.digests.contains(.ciphertext) }

  /// How long a whole frame may take, wherever the peer has nothing else to do.
  var frameDeadline: Deadline { Deadline(after: options.idleTimeout) }

  /// What is wrong with the key file or the fixed exponent must be found before anybody waits for a peer. The key is
  /// read again when it is needed, so that it lies in no memory meanwhile.
  func requireSecrets() throws(ExchangeError) {
    _ = try loadPreSharedKey()
    guard options.privateExponent != nil else { return }
    var trial = self
    _ = try trial.makeKeyPair()
  }

  func loadPreSharedKey() throws(ExchangeError) -> SecretBytes? {
    guard options.configuration.authentication == .preSharedKey else { return nil }
    guard !makesUpKey else { return PreSharedKey.random() }
    guard let path = options.preSharedKeyFile else {
      throw ExchangeError(.usage, at: .arguments, "authentication needs a pre-shared key file")
    }
    return try PreSharedKey.load(path)
  }

  /// With a fresh nonce and, unless the exponent is fixed, a fresh key pair.
  mutating func makeHandshake() throws(ExchangeError) -> Handshake {
    Handshake(configuration: options.configuration, keyPair: try makeKeyPair())
  }

  private mutating func makeKeyPair() throws(ExchangeError) -> KeyPair {
    let group = options.configuration.group
    let text = options.privateExponent
    times[.keyGeneration] = 0
    return try times.measure(.keyGeneration) { () throws(ExchangeError) -> KeyPair in
      guard let text else { return KeyPair(generatingIn: group) }
      do throws(GroupError) {
        return try KeyPair(fixed: text, in: group)
      } catch {
        throw ExchangeError(.usage, at: .arguments, "--private-exponent: \(error)")
      }
    }
  }

  /// What the confirmed connection took.
  mutating func adopt(_ negotiation: Negotiation) {
    times = negotiation.times
    marks = negotiation.marks
  }

  private static let longestLinger: Duration = .seconds(1)

  /// How long the peer may take to read why we give up. After a time-out it is small beside what was asked for:
  /// the end must not come much later than that.
  func linger(after error: ExchangeError) -> Duration {
    switch error.code {
    case .handshakeTimeout: min(options.handshakeTimeout / 40, Self.longestLinger)
    case .idleTimeout: min(options.idleTimeout / 40, Self.longestLinger)
    default: Self.longestLinger
    }
  }
}
