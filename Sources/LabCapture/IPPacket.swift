/// An IP address, IPv4 as ::ffff:a.b.c.d.
struct IPAddress: Hashable {
  var value: UInt128

  static func v4(_ address: UInt32) -> IPAddress {
    IPAddress(value: 0xFFFF_0000_0000 | UInt128(address))
  }
}

/// What of an IP packet (RFC 791, RFC 8200) matters here.
struct IPPacket {
  var source: IPAddress
  var destination: IPAddress
  var transportProtocol: UInt8
  /// As far as captured, without link-layer padding.
  var payload: PacketBytes
  /// Bytes of payload that the packet had on the wire.
  var payloadLength: Int

  static let tcp: UInt8 = 6

  enum Parsed {
    case packet(IPPacket)
    case fragment
    case malformed
    /// The capture ends within the headers.
    case cut
  }

  /// - Parameter wireLength: bytes from the IP header to the end of the frame on the wire.
  static func parse(_ bytes: PacketBytes, wireLength: Int) -> Parsed {
    guard let first = bytes.u8(0) else { return wireLength > 0 ? .cut : .malformed }
    switch first >> 4 {
    case 4: return parseV4(bytes, first: first, wireLength: wireLength)
    case 6: return parseV6(bytes, wireLength: wireLength)
    default: return .malformed
    }
  }

  private static func parseV4(_ bytes: PacketBytes, first: UInt8, wireLength: Int) -> Parsed {
    let header = Int(first & 15) * 4
    guard header >= 20, wireLength >= header else { return .malformed }
    guard let stated = bytes.u16(2), let fragment = bytes.u16(6), let proto = bytes.u8(9),
      let source = bytes.u32(12), let destination = bytes.u32(16),
      let payload = bytes.dropping(header)
    else { return .cut }
    // 0 where the kernel hands a large packet over before it is cut up (segmentation offload).
    let total = stated == 0 ? wireLength : Int(stated)
    guard total >= header, total <= wireLength else { return .malformed }
    // More fragments, or an offset.
    guard fragment & 0x3FFF == 0 else { return .fragment }
    return .packet(
      IPPacket(
        source: .v4(source), destination: .v4(destination), transportProtocol: proto,
        payload: payload.prefix(total - header), payloadLength: total - header))
  }

  private static func parseV6(_ bytes: PacketBytes, wireLength: Int) -> Parsed {
    guard wireLength >= 40 else { return .malformed }
    guard let stated = bytes.u16(4), let next = bytes.u8(6), let source = bytes.u128(8),
      let destination = bytes.u128(24), let rest = bytes.dropping(40)
    else { return .cut }
    // 0 in jumbograms and before segmentation offload.
    let length = stated == 0 ? wireLength - 40 : Int(stated)
    guard length <= wireLength - 40 else { return .malformed }
    return skipExtensions(
      IPPacket(
        source: IPAddress(value: source), destination: IPAddress(value: destination),
        transportProtocol: next, payload: rest.prefix(length), payloadLength: length))
  }

  /// Hop-by-hop, routing and destination options; each has at least 8 bytes, so this ends.
  private static func skipExtensions(_ packet: IPPacket) -> Parsed {
    var packet = packet
    while [0, 43, 60].contains(packet.transportProtocol) {
      guard let next = packet.payload.u8(0), let units = packet.payload.u8(1) else { return .cut }
      let length = (Int(units) + 1) * 8
      guard length <= packet.payloadLength else { return .malformed }
      guard let rest = packet.payload.dropping(length) else { return .cut }
      packet.transportProtocol = next
      packet.payload = rest
      packet.payloadLength -= length
    }
    return packet.transportProtocol == 44 ? .fragment : .packet(packet)
  }
}
