import LabResults

/// Reads a whole capture once and keeps what the claims need.
///
/// ```
/// CaptureFile -> LinkType -> IPPacket -> TCPSegment -> Conversation -> StreamAssembler -> StreamInspector
/// ```
struct CaptureReading {
  struct Limits {
    /// Conversations that are followed; packets of more are counted alone.
    var conversations = 4096
    var stream = StreamAssembler.Limits()
  }

  private struct Key: Hashable {
    var low: Endpoint
    var high: Endpoint

    init(_ a: Endpoint, _ b: Endpoint) {
      let isOrdered = (a.address.value, a.port) <= (b.address.value, b.port)
      (low, high) = isOrdered ? (a, b) : (b, a)
    }
  }

  private(set) var traffic = CaptureTraffic()
  private(set) var conversations: [Conversation] = []
  private(set) var linkType = ""
  let findings: PlaintextFindings?
  private let files: RunFiles
  private let limits: Limits
  private let budget = StreamAssembler.Budget()
  private let isWanted: (WireHello) -> Bool
  private var open: [Key: Conversation] = [:]
  /// Most packets belong to the conversation of the one before.
  private var latest: (key: Key, conversation: Conversation)?

  init(
    files: RunFiles, findings: PlaintextFindings?, limits: Limits = Limits(),
    isWanted: @escaping (WireHello) -> Bool
  ) {
    self.files = files
    self.findings = findings
    self.limits = limits
    self.isWanted = isWanted
  }

  mutating func read(_ path: String) throws(CaptureError) {
    var file = try CaptureFile(path)
    linkType = file.linkType.name
    reading: while true {
      switch file.next() {
      case .packet(let packet): take(packet, linkType: file.linkType)
      case .end: break reading
      case .broken(let reason):
        traffic.cutShort = reason
        break reading
      }
    }
    for conversation in conversations { conversation.finish() }
    traffic.conversations = UInt64(conversations.count)
  }

  private mutating func take(_ packet: CapturedPacket, linkType: LinkType) {
    traffic.packets += 1
    traffic.bytes += UInt64(packet.wireLength)
    if packet.bytes.count < packet.wireLength { traffic.truncatedPackets += 1 }
    switch linkType.networkPacket(packet.bytes) {
    case .other: other(packet.bytes)
    case .short:
      if packet.bytes.count == packet.wireLength { traffic.malformedPackets += 1 }
      other(packet.bytes)
    case .ip(let bytes):
      let headers = packet.bytes.count - bytes.count
      takeIP(bytes, wireLength: packet.wireLength - headers, time: packet.time)
    }
  }

  private mutating func takeIP(_ bytes: PacketBytes, wireLength: Int, time: UInt64) {
    switch IPPacket.parse(bytes, wireLength: wireLength) {
    case .malformed:
      traffic.malformedPackets += 1
      other(bytes)
    case .cut: other(bytes)
    case .fragment:
      traffic.fragments += 1
      other(bytes)
    case .packet(let packet):
      guard packet.transportProtocol == IPPacket.tcp else { return other(bytes) }
      switch TCPSegment.parse(packet) {
      case .malformed:
        traffic.malformedPackets += 1
        other(bytes)
      case .cut: other(bytes)
      case .segment(let segment): takeTCP(segment, of: packet, time: time)
      }
    }
  }

  /// No part of any stream; searched for the image by itself.
  private mutating func other(_ bytes: PacketBytes) {
    traffic.otherPackets += 1
    findings?.count(bytes.count)
    findings?.search(bytes.raw, streamOffset: nil) { "a packet that is not TCP" }
  }

  private mutating func takeTCP(_ segment: TCPSegment, of packet: IPPacket, time: UInt64) {
    traffic.tcpPackets += 1
    let source = Endpoint(address: packet.source, port: segment.sourcePort)
    let destination = Endpoint(address: packet.destination, port: segment.destinationPort)
    let key = Key(source, destination)
    var conversation = latest?.key == key ? latest?.conversation : open[key]
    if let known = conversation, known.isOver(for: segment, from: source) { conversation = nil }
    if conversation == nil {
      conversation = begin(segment, from: source, to: destination, time: time)
      open[key] = conversation
    }
    guard let conversation else {
      traffic.unfollowedPackets += 1
      findings?.count(segment.payload.count)
      findings?.search(segment.payload, streamOffset: nil) { source.description }
      return
    }
    latest = (key, conversation)
    conversation.receive(segment, from: source, time: time)
  }

  private mutating func begin(
    _ segment: TCPSegment, from source: Endpoint, to destination: Endpoint, time: UInt64
  ) -> Conversation? {
    guard conversations.count < limits.conversations else {
      latest = nil
      return nil
    }
    // A SYN with ACK is the server's answer to a SYN that was not captured.
    let isAnswer = segment.flags.isSuperset(of: [.syn, .ack])
    let conversation = Conversation(
      client: direction(isAnswer ? destination : source),
      server: direction(isAnswer ? source : destination), time: time)
    conversations.append(conversation)
    return conversation
  }

  private func direction(_ source: Endpoint) -> Direction {
    let search = findings.map { PlaintextSearch($0) { source.description } }
    return Direction(
      source: source, assembler: StreamAssembler(limits: limits.stream, budget: budget),
      inspector: StreamInspector(search: search, files: files, isWanted: isWanted))
  }
}
