import Glibc
import PiCrypto
import PiExchange
import PiTransfer

/// One of the two exchanges of a man in the middle: with the sender as its receiver, or the other way round.
///
/// It has a key pair of its own. Where the boards authenticate each other it claims to hold their key, and does not.
final class Leg {
  /// Who is at the other end.
  let with: Role
  let negotiation: Negotiation
  /// PREAMBLE and HELLO of ours.
  let openingBytes: Int
  private(set) var isConfirmed = false
  var error: ExchangeError?
  private var values: (own: [UInt8], peer: [UInt8]?, transcript: [UInt8]?) = ([], nil, nil)

  /// - Parameter name: that the peer is to believe.
  init(with: Role, as name: BoardName, over socket: Socket, _ options: InterceptorOptions) {
    self.with = with
    let configuration = ExchangeConfiguration(
      role: with.opposite, name: name, peer: nil, profile: options.profile,
      authentication: options.authentication, cipher: options.cipher, group: options.group)
    let common = CommonOptions(configuration: configuration, connectTimeout: .seconds(10))
    let handshake = Handshake(
      configuration: configuration, keyPair: KeyPair(generatingIn: options.group))
    openingBytes = handshake.opening.count
    var exchanging = Exchanging(common)
    exchanging.makesUpKey = true
    negotiation = Negotiation(socket, exchanging, handshake)
  }

  var socket: Socket { negotiation.socket }
  var isDecided: Bool { isConfirmed || error != nil }

  /// Does what needs no waiting.
  func advance() {
    do throws(ExchangeError) {
      isConfirmed = try negotiation.advance()
      if !isConfirmed { _ = try negotiation.remaining() }
    } catch { self.error = error }
    note()
  }

  private func note() {
    guard let own = negotiation.publicValue else { return }
    values = (own, negotiation.peerPublicValue, negotiation.transcript)
  }

  /// The agreed session; once.
  func finish() -> Session { negotiation.finish() }

  /// Ends it as the other side's error would have ended it, or its own.
  func giveUp(because error: ExchangeError) {
    if let alert = error.alertToPassOn { socket.giveUp(alert, within: .seconds(1)) }
    if error.code == .connectionLost { socket.resetAtClose() }
  }

  func report(session: Int) -> InterceptorResult.Leg {
    InterceptorResult.Leg(
      session: session, with: with, publicValue: values.own, peerPublicValue: values.peer,
      transcript: values.transcript, isConfirmed: isConfirmed, error: error)
  }
}

extension ExchangeError {
  /// What a peer behind us is to be told: the ALERT that came, or the one that the error calls for. nil where the
  /// connection simply ended.
  fileprivate var alertToPassOn: Alert? {
    switch code {
    case .peerAlert:
      // The error's words are those of the ALERT.
      Alert.allCases.first { message.hasSuffix($0.meaning) } ?? .internal
    case .truncated, .connectionLost: nil
    default: code.alert
    }
  }
}
