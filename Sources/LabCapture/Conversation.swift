import Foundation
import LabResults

struct Endpoint: Hashable {
  var address: IPAddress
  var port: UInt16

  /// 10.0.0.1:5000, [fd00::1]:5000.
  var description: String {
    let text = address.text
    return text.contains(":") ? "[\(text)]:\(port)" : "\(text):\(port)"
  }
}

extension IPAddress {
  /// As inet_ntop(3) writes it; IPv4 as such.
  var text: String {
    if value >> 32 == 0xFFFF {
      return (0..<4).map { "\(UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)))" }
        .joined(separator: ".")
    }
    var address = value.bigEndian
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else {
      return String(value, radix: 16)
    }
    let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
    return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// One direction of a conversation while packets come by.
struct Direction {
  let source: Endpoint
  var assembler: StreamAssembler
  var inspector: StreamInspector
  var packets: UInt64 = 0
  var duplicateACKs: UInt64 = 0
  var sawRST = false
  var synTime: UInt64?
  private var lastACK: (number: UInt32, window: UInt16)?

  init(source: Endpoint, assembler: StreamAssembler, inspector: StreamInspector) {
    self.source = source
    self.assembler = assembler
    self.inspector = inspector
  }

  mutating func receive(_ segment: TCPSegment, time: UInt64) {
    packets += 1
    countDuplicateACK(segment)
    if segment.flags.contains(.rst) {
      // Its sequence number may be anything, and its payload is no part of the stream.
      sawRST = true
      if !segment.payload.isEmpty { inspector.aside(segment.payload) }
      return
    }
    if segment.flags.contains(.syn), synTime == nil { synTime = time }
    assembler.receive(segment, into: &inspector)
  }

  mutating func finish() { assembler.finish(into: &inspector) }

  /// Nothing but an ACK (RFC 5681, section 2): no data, same number, same window.
  private mutating func countDuplicateACK(_ segment: TCPSegment) {
    guard segment.flags.contains(.ack) else { return }
    let isBare = segment.payloadLength == 0 && segment.flags.isDisjoint(with: [.syn, .fin, .rst])
    if isBare, let last = lastACK, last == (segment.acknowledgment, segment.window),
      assembler.isExpected(segment.sequence)
    {
      duplicateACKs += 1
    }
    lastACK = (segment.acknowledgment, segment.window)
  }

  var summary: ConversationEnd {
    var end = ConversationEnd(address: source.address.text, port: source.port)
    let counts = assembler.counts
    end.packets = packets
    end.payloadBytes = counts.payloadBytes
    end.retransmittedSegments = counts.retransmittedSegments
    end.retransmittedBytes = counts.retransmittedBytes
    end.outOfOrderSegments = counts.outOfOrderSegments
    end.duplicateACKs = duplicateACKs
    end.missingBytes = counts.missingBytes
    end.gaps = counts.gaps
    end.strayedSegments = counts.strayedSegments
    end.sawSYN = assembler.sawSYN
    end.sawFIN = assembler.sawFIN
    end.sawRST = sawRST
    return end
  }
}

/// One TCP connection: two directions, first that of the client.
final class Conversation {
  private(set) var client: Direction
  private(set) var server: Direction
  private let firstTime: UInt64
  private var lastTime: UInt64
  private var handshakeEnd: UInt64?

  init(client: Direction, server: Direction, time: UInt64) {
    self.client = client
    self.server = server
    firstTime = time
    lastTime = time
  }

  /// Whether a SYN belongs to a later connection between the same ports.
  func isOver(for segment: TCPSegment, from source: Endpoint) -> Bool {
    guard segment.flags.contains(.syn) else { return false }
    return (source == client.source ? client : server).assembler.isOpenedAnew(by: segment)
  }

  func receive(_ segment: TCPSegment, from source: Endpoint, time: UInt64) {
    lastTime = max(lastTime, time)
    let hasACK = segment.flags.contains(.ack) && !segment.flags.contains(.rst)
    if source == client.source {
      client.receive(segment, time: time)
      if hasACK { server.assembler.acknowledge(segment.acknowledgment) }
      if hasACK, handshakeEnd == nil, server.synTime != nil { handshakeEnd = time }
    } else {
      server.receive(segment, time: time)
      if hasACK { client.assembler.acknowledge(segment.acknowledgment) }
    }
  }

  func finish() {
    client.finish()
    server.finish()
  }

  var summary: ConversationSummary {
    var handshake: UInt64?
    if let start = client.synTime, server.synTime != nil, let end = handshakeEnd, end >= start {
      handshake = end - start
    }
    return ConversationSummary(
      client: client.summary, server: server.summary, firstNanoseconds: firstTime,
      lastNanoseconds: lastTime, handshakeNanoseconds: handshake)
  }
}
