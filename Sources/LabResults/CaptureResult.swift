/// What a capture of the lab's traffic shows about one exchange; LabCapture fills it.
public struct CaptureResult: Codable, Sendable, Equatable {
  /// The capture's file name.
  public var file: String
  /// libpcap's name of the link type: EN10MB, LINUX_SLL, LINUX_SLL2, RAW.
  public var linkType: String
  public var traffic: CaptureTraffic
  /// In order of their first packet; at most `CaptureResult.conversationLimit`.
  public var conversations: [ConversationSummary]
  /// Place of the exchange among `conversations`; nil where it was not found or is not listed.
  public var exchangeConversation: Int?
  public var evidence: CaptureEvidence

  /// Most conversations that are listed one by one.
  public static let conversationLimit = 100

  public init(
    file: String, linkType: String, traffic: CaptureTraffic,
    conversations: [ConversationSummary], exchangeConversation: Int?, evidence: CaptureEvidence
  ) {
    self.file = file
    self.linkType = linkType
    self.traffic = traffic
    self.conversations = conversations
    self.exchangeConversation = exchangeConversation
    self.evidence = evidence
  }
}

/// Counts over the whole capture.
public struct CaptureTraffic: Codable, Sendable, Equatable {
  public var packets: UInt64 = 0
  /// On the wire, link-layer headers included.
  public var bytes: UInt64 = 0
  public var tcpPackets: UInt64 = 0
  /// ARP, ICMP, UDP and whatever else is not TCP over IP.
  public var otherPackets: UInt64 = 0
  /// Packets of which the capture holds only the beginning (a snap length that was too short).
  public var truncatedPackets: UInt64 = 0
  /// Packets whose headers contradict themselves.
  public var malformedPackets: UInt64 = 0
  /// Fragments of IP packets; they are not put together.
  public var fragments: UInt64 = 0
  /// TCP conversations, those that are not listed included.
  public var conversations: UInt64 = 0
  /// Packets of conversations beyond the most that are followed at once.
  public var unfollowedPackets: UInt64 = 0
  /// Why reading ended before the end of the file, in libpcap's words.
  public var cutShort: String?

  public init() {}
}

/// One TCP conversation.
public struct ConversationSummary: Codable, Sendable, Equatable {
  /// Who sent the first SYN, else the first packet that was captured.
  public var client: ConversationEnd
  public var server: ConversationEnd
  /// Nanoseconds since 1970, UTC.
  public var firstNanoseconds: UInt64
  public var lastNanoseconds: UInt64
  /// From SYN to the ACK that ends the handshake, as seen where the capture was taken; nil where
  /// one of the three is missing.
  public var handshakeNanoseconds: UInt64?

  public init(
    client: ConversationEnd, server: ConversationEnd, firstNanoseconds: UInt64,
    lastNanoseconds: UInt64, handshakeNanoseconds: UInt64?
  ) {
    self.client = client
    self.server = server
    self.firstNanoseconds = firstNanoseconds
    self.lastNanoseconds = lastNanoseconds
    self.handshakeNanoseconds = handshakeNanoseconds
  }

  /// Whether every byte from the first to the last, in both directions, is in the capture.
  public var isWhole: Bool { client.isWhole && server.isWhole && isClosed }

  /// Whether the capture shows how it ended: both FINs, or a RST.
  public var isClosed: Bool { client.sawFIN && server.sawFIN || client.sawRST || server.sawRST }
}

/// One end of a conversation and what it sent.
public struct ConversationEnd: Codable, Sendable, Equatable {
  public var address: String
  public var port: UInt16
  public var packets: UInt64 = 0
  /// Payload, each byte of the stream once.
  public var payloadBytes: UInt64 = 0
  /// Segments that carried bytes already seen, and those bytes.
  public var retransmittedSegments: UInt64 = 0
  public var retransmittedBytes: UInt64 = 0
  /// Segments that came before bytes that belong in front of them.
  public var outOfOrderSegments: UInt64 = 0
  public var duplicateACKs: UInt64 = 0
  /// Bytes of the stream that the capture does not hold, and in how many places.
  public var missingBytes: UInt64 = 0
  public var gaps: UInt64 = 0
  /// Segments far outside the receive window; no part of the stream.
  public var strayedSegments: UInt64 = 0
  public var sawSYN = false
  public var sawFIN = false
  public var sawRST = false

  public init(address: String, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Whether the stream is there from its first byte on without a gap. An end that sent nothing, or
  /// only refused the connection, has no stream that could lack anything.
  public var isWhole: Bool {
    let hasBeginning = sawSYN || packets == 0 || sawRST && payloadBytes == 0
    return hasBeginning && missingBytes == 0 && gaps == 0 && strayedSegments == 0
  }
}

/// The claims that are tried on a capture, in the order in which a reader wants them.
public struct CaptureEvidence: Codable, Sendable, Equatable {
  /// The plaintext image did not cross the wire.
  public var plaintextAbsent: Check
  /// The stored encrypted image is what crossed the wire.
  public var ciphertextIdentical: Check
  /// The frames on the wire follow the protocol and agree with what the programs reported.
  public var protocolAgrees: Check
  /// Equal blocks became equal blocks (ECB), or no block of ciphertext repeats (the others).
  public var blockPattern: Check

  public init(
    plaintextAbsent: Check, ciphertextIdentical: Check,
    protocolAgrees: Check, blockPattern: Check
  ) {
    self.plaintextAbsent = plaintextAbsent
    self.ciphertextIdentical = ciphertextIdentical
    self.protocolAgrees = protocolAgrees
    self.blockPattern = blockPattern
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func claim(_ key: CodingKeys, _ id: Check.ID) throws -> Check {
      var check = try values.decode(Check.self, forKey: key)
      check.id = id
      return check
    }
    plaintextAbsent = try claim(.plaintextAbsent, .plaintextAbsent)
    ciphertextIdentical = try claim(.ciphertextIdentical, .ciphertextIdentical)
    protocolAgrees = try claim(.protocolAgrees, .protocolAgrees)
    blockPattern = try claim(.blockPattern, .blockPattern)
  }

  public var claims: [Check] {
    [plaintextAbsent, ciphertextIdentical, protocolAgrees, blockPattern]
  }
}
