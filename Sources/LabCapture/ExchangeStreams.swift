import LabResults
import PiCrypto
import PiExchange

/// How the exchange is known among the conversations of a capture.
struct ExchangeRecognition {
  let exchange: ExchangeResult
  /// The public value that the sender reported, or the receiver received; nil where neither did.
  let publicValue: [UInt8]?

  init(_ exchange: ExchangeResult) {
    self.exchange = exchange
    let text = exchange.senderResult?.publicValue ?? exchange.receiverResult?.peerPublicValue
    publicValue = text.flatMap(Hex.decode)
  }

  /// Whether a HELLO is that of the exchange's sender: by its public value, which is fresh in each
  /// exchange, and without one by what the exchange was configured for.
  func isSender(_ hello: WireHello) -> Bool {
    guard hello.role == .sender else { return false }
    guard let publicValue, publicValue.count > 8 else { return isAlike(hello) }
    return hello.publicValue == publicValue
  }

  /// Whether a HELLO is a sender's of this name, profile and cipher.
  func isAlike(_ hello: WireHello) -> Bool {
    hello.role == .sender && hello.name == exchange.sender
      && hello.profile.name == exchange.profile && hello.cipher.name == exchange.cipher
  }
}

/// The two directions of the exchange's conversation.
struct ExchangeStreams {
  /// Place among the conversations.
  let index: Int
  let sender: Direction
  let receiver: Direction
  let summary: ConversationSummary

  enum Found {
    case one(ExchangeStreams)
    /// None, though so many pilab senders of the same name and settings.
    case none(alike: Int)
    case several(Int)
  }

  static func find(in conversations: [Conversation], by recognition: ExchangeRecognition) -> Found {
    var found: [ExchangeStreams] = []
    var alike = 0
    for (index, conversation) in conversations.enumerated() {
      let (client, server) = (conversation.client, conversation.server)
      for (one, other) in [(client, server), (server, client)] {
        guard let hello = one.inspector.record.hello else { continue }
        if recognition.isAlike(hello) { alike += 1 }
        guard recognition.isSender(hello) else { continue }
        found.append(
          ExchangeStreams(
            index: index, sender: one, receiver: other, summary: conversation.summary))
      }
    }
    // Public values of a textbook group are no names; the transcript's hash is.
    if found.count > 1 { found = found.matching(recognition.exchange.senderResult?.transcript) }
    if found.count > 1 { return .several(found.count) }
    return found.first.map { .one($0) } ?? .none(alike: alike)
  }

  /// SHA-256 over both openings, as docs/protocol.md defines it; lower-case hexadecimal.
  var transcript: String { Hex.encode(SHA256.digest(said.opening + answered.opening)) }

  var said: WireRecord { sender.inspector.record }
  var answered: WireRecord { receiver.inspector.record }

  /// Why something of the conversation may be unseen; nil where all of it was captured.
  var lack: String? {
    let (client, server) = (summary.client, summary.server)
    let missing = client.missingBytes + server.missingBytes
    if missing > 0 {
      return "\(Human.count(missing)) bytes of the exchange's conversation are not in the capture"
    }
    if !client.isWhole || !server.isWhole {
      return "the beginning of the exchange's conversation is not in the capture"
    }
    return summary.isClosed
      ? nil : "the capture ends before the exchange's conversation does"
  }
}

extension [ExchangeStreams] {
  /// Those with that transcript; all where none has it.
  fileprivate func matching(_ transcript: String?) -> Self {
    let matching = filter { $0.transcript == transcript }
    return matching.isEmpty ? self : matching
  }
}
