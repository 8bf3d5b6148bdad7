import LabResults

/// The section "On the wire": what a capture of the traffic shows.
struct WireView {
  struct Row {
    var name: String
    var sent: String
    var returned: String
    var packets: String
    var retransmitted: String
    var handshake: String
    var duration: String
    var completeness: String
  }

  struct ClaimRow {
    /// Class of the mark.
    var verdict: String
    /// Repeats in a sign what the word says, so that colour is never alone.
    var symbol: String
    var word: String
    var claim: String
    var finding: String

    init(_ check: Check) {
      verdict = check.verdict.rawValue
      symbol = WireWording.symbol(check.verdict)
      word = WireWording.word(check.verdict)
      claim = Human.printable(check.claim)
      finding = Human.unbroken(Human.printable(check.finding))
    }
  }

  var summary: String
  var hasConversations: Bool
  var conversations: [Row]
  var claims: [ClaimRow]

  init(_ capture: CaptureResult) {
    summary = Human.unbroken(Human.printable(WireWording.summary(capture)))
    conversations = capture.conversations.enumerated().map { index, conversation in
      Self.row(conversation, isExchange: index == capture.exchangeConversation)
    }
    hasConversations = !conversations.isEmpty
    claims = capture.evidence.claims.map(ClaimRow.init)
  }

  private static func row(_ conversation: ConversationSummary, isExchange: Bool) -> Row {
    let (client, server) = (conversation.client, conversation.server)
    let path = WireWording.path(conversation)
    let last = max(conversation.firstNanoseconds, conversation.lastNanoseconds)
    let row = Row(
      name: Human.printable(path) + (isExchange ? ", the exchange" : ""),
      sent: Human.bytes(client.payloadBytes), returned: Human.bytes(server.payloadBytes),
      packets: "\(Human.count(client.packets)) + \(Human.count(server.packets))",
      retransmitted: WireWording.retransmitted(conversation),
      handshake: conversation.handshakeNanoseconds.map { Human.duration(nanoseconds: $0) } ?? "–",
      duration: Human.duration(nanoseconds: last - conversation.firstNanoseconds),
      completeness: completeness(conversation))
    return row
  }

  private static func completeness(_ conversation: ConversationSummary) -> String {
    let missing = conversation.client.missingBytes.addingReportingOverflow(
      conversation.server.missingBytes
    ).partialValue
    if missing > 0 { return "lacks \(Human.bytes(missing))" }
    if !conversation.client.isWhole || !conversation.server.isWhole { return "begins before it" }
    return conversation.isClosed ? "whole" : "ends after it"
  }
}

/// What the page and the terminal say alike.
enum WireWording {
  static func symbol(_ verdict: Verdict) -> String {
    switch verdict {
    case .proved: "✓"
    case .refuted: "✗"
    case .notProvable: "?"
    }
  }

  static func word(_ verdict: Verdict) -> String {
    switch verdict {
    case .proved: "proved"
    case .refuted: "refuted"
    case .notProvable: "not provable"
    }
  }

  static func summary(_ capture: CaptureResult) -> String {
    let traffic = capture.traffic
    var text = "The capture \(capture.file) (\(capture.linkType)) holds"
    text +=
      " \(counted(traffic.packets, "packet")), \(Human.count(traffic.tcpPackets)) of them TCP"
    text += ", in \(counted(traffic.conversations, "conversation"))."
    let listed = UInt64(capture.conversations.count)
    if listed < traffic.conversations { text += " The first \(listed) are listed." }
    if traffic.truncatedPackets > 0 {
      text += " \(counted(traffic.truncatedPackets, "packet")) captured in part only."
    }
    if traffic.malformedPackets > 0 {
      text +=
        " \(counted(traffic.malformedPackets, "packet")) with headers that contradict themselves."
    }
    if let reason = traffic.cutShort { text += " It breaks off: \(reason)." }
    return text
  }

  private static func counted(_ count: UInt64, _ noun: String) -> String {
    Human.counted(Int(clamping: count), noun)
  }

  static func path(_ conversation: ConversationSummary) -> String {
    "\(name(conversation.client)) → \(name(conversation.server))"
  }

  private static func name(_ end: ConversationEnd) -> String {
    end.address.contains(":") ? "[\(end.address)]:\(end.port)" : "\(end.address):\(end.port)"
  }

  static func retransmitted(_ conversation: ConversationSummary) -> String {
    let ends = [conversation.client, conversation.server]
    let segments = ends.reduce(0) { $0 + $1.retransmittedSegments }
    let bytes = ends.reduce(0) { $0 + $1.retransmittedBytes }
    return segments == 0 ? "none" : "\(Human.count(segments)) (\(Human.bytes(bytes)))"
  }

  /// Who spoke with whom in the exchange, and how much; nil where it was not found.
  static func exchange(_ capture: CaptureResult) -> String? {
    guard let place = capture.exchangeConversation, capture.conversations.indices.contains(place)
    else { return nil }
    let one = capture.conversations[place]
    return "\(path(one)), \(Human.bytes(one.client.payloadBytes)) out and "
      + "\(Human.bytes(one.server.payloadBytes)) back, retransmitted: \(retransmitted(one))"
  }

  /// "4 claims proved", or how many of them with each verdict.
  static func verdicts(_ capture: CaptureResult) -> String {
    let claims = capture.evidence.claims
    let kinds: [Verdict] = [.refuted, .notProvable, .proved]
    let parts = kinds.compactMap { kind -> String? in
      let count = claims.count { $0.verdict == kind }
      return count == 0 ? nil : "\(symbol(kind)) \(count) \(word(kind))"
    }
    return "of \(claims.count) claims on the capture: " + parts.joined(separator: ", ")
  }

  /// The claim that a reader must see first: a refuted one, else one without proof.
  static func foremost(_ capture: CaptureResult) -> Check? {
    let claims = capture.evidence.claims
    return claims.first { $0.verdict == .refuted } ?? claims.first { $0.verdict == .notProvable }
  }
}
