import LabResults
import PiCrypto
import PiExchange

/// The frames follow docs/protocol.md, and what they say is what the programs reported.
struct ProtocolClaim: Claim {
  static let id = Check.ID.protocolAgrees
  static let sentence = "The frames on the wire follow the protocol and agree with the results."

  let found: ExchangeStreams.Found
  let exchange: ExchangeResult

  func judged() -> Check {
    switch found {
    case .one(let streams): return judged(streams)
    case .none(let alike) where alike > 0:
      return claim(
        .refuted,
        "\(exchange.sender) sent HELLO with these settings in \(alike) conversations, but in none of"
          + " them with the public value that was reported.")
    case .none, .several:
      guard case .failure(let notFound) = found.streams else { return notProvable("no exchange") }
      return notProvable(notFound.reason)
    }
  }

  private func judged(_ streams: ExchangeStreams) -> Check {
    var comparison = WireComparison()
    comparison.compareHellos(streams, exchange)
    comparison.compareTranscript(streams, exchange)
    comparison.compareImage(streams, exchange)
    let counts = [
      "comparedFields": comparison.compared, "disagreements": UInt64(comparison.faults.count),
    ]
    if !comparison.faults.isEmpty {
      return claim(.refuted, sentence(of: comparison.faults), counts)
    }
    let agreeing = "the \(comparison.compared) fields that are there agree with the results"
    if let lack = streams.lack { return notProvable("\(lack); \(agreeing)", counts) }
    guard streams.said.isComplete, streams.answered.isComplete else {
      return notProvable("the exchange ended early\(alert(streams)); \(agreeing)", counts)
    }
    return claim(.proved, proof(streams, compared: comparison.compared), counts)
  }

  private func sentence(of faults: [String]) -> String {
    let more = faults.count > 5 ? "; and \(faults.count - 5) more" : ""
    return "On the wire: " + faults.prefix(5).joined(separator: "; ") + more + "."
  }

  private func alert(_ streams: ExchangeStreams) -> String {
    let code = streams.said.alert ?? streams.answered.alert
    return code.map { " with ALERT \($0)" } ?? ""
  }

  private func proof(_ streams: ExchangeStreams, compared: UInt64) -> String {
    let last = streams.said.digest == nil ? "HEADER, image" : "HEADER, image, TRAILER"
    let group =
      DHGroup.named(exchange.group) == nil
      ? " The group is one of the lab's own, so its identifier was compared between the boards only."
      : ""
    return "PREAMBLE, HELLO and CONFIRM in both directions, \(last) and RECEIPT are there, complete"
      + " and with nothing after them. \(compared) fields agree with what the programs reported:"
      + " names, profile, cipher, group, public values, lengths and the transcript's hash.\(group)"
  }
}

/// Collects what differs between the wire and the report.
struct WireComparison {
  private(set) var compared: UInt64 = 0
  private(set) var faults: [String] = []

  mutating func compareHellos(_ streams: ExchangeStreams, _ exchange: ExchangeResult) {
    compare(
      streams.said, of: exchange.sender, role: .sender, to: exchange,
      reported: [exchange.senderResult?.publicValue, exchange.receiverResult?.peerPublicValue])
    compare(
      streams.answered, of: exchange.receiver, role: .receiver, to: exchange,
      reported: [exchange.receiverResult?.publicValue, exchange.senderResult?.peerPublicValue])
    guard let a = streams.said.hello, let b = streams.answered.hello else { return }
    check("the boards' group identifiers", a.groupIdentifier == b.groupIdentifier)
    check("the lengths of the public values", a.publicValue.count == b.publicValue.count)
  }

  mutating func compareTranscript(_ streams: ExchangeStreams, _ exchange: ExchangeResult) {
    guard streams.said.hello != nil, streams.answered.hello != nil else { return }
    for result in [exchange.senderResult, exchange.receiverResult].compactMap(\.self) {
      check("the transcript's hash of \(result.board)", result.transcript == streams.transcript)
    }
  }

  mutating func compareImage(_ streams: ExchangeStreams, _ exchange: ExchangeResult) {
    if let bytes = streams.said.imageBytes {
      check("the image's length in HEADER", bytes == exchange.image.bytes)
      for result in [exchange.senderResult, exchange.receiverResult].compactMap(\.self) {
        check("the image's length that \(result.board) reported", bytes == result.plaintextBytes)
        check(
          "the encrypted image's length that \(result.board) reported",
          streams.said.ciphertextBytes == result.ciphertextBytes)
      }
      if let receipt = streams.answered.receipt {
        check("the image's length in RECEIPT", receipt == bytes)
      }
    }
    if let digest = streams.said.digest, let original = exchange.sha256["original"] {
      check("the image's SHA-256 in TRAILER", Hex.encode(digest) == original)
    }
  }

  private mutating func compare(
    _ record: WireRecord, of board: String, role: Role, to exchange: ExchangeResult,
    reported values: [String?]
  ) {
    if let fault = record.fault { faults.append("\(board)'s stream: \(fault)") }
    if record.trailingBytes > 0, record.alert == nil {
      faults.append("\(record.trailingBytes) bytes follow \(board)'s last frame")
    }
    guard let hello = record.hello else { return }
    check("\(board)'s role", hello.role == role)
    check("\(board)'s name", hello.name == board)
    check("\(board)'s profile", hello.profile.name == exchange.profile)
    check("\(board)'s cipher", hello.cipher.name == exchange.cipher)
    check("\(board)'s authentication", hello.authentication.name == exchange.authentication)
    if exchange.groupBits > 0 {
      let length = (exchange.groupBits + 7) / 8
      check("the length of \(board)'s public value", hello.publicValue.count == length)
    }
    if let group = DHGroup.named(exchange.group) {
      check("\(board)'s group identifier", hello.groupIdentifier == group.identifier)
    }
    for value in values.compactMap(\.self) {
      check("\(board)'s public value", Hex.encode(hello.publicValue) == value)
    }
  }

  private mutating func check(_ what: String, _ agrees: Bool) {
    compared += 1
    let fault = "\(what) is not what was reported"
    if !agrees, !faults.contains(fault) { faults.append(fault) }
  }
}
