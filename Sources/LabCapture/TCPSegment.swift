/// A TCP segment (RFC 9293).
struct TCPSegment {
  struct Flags: OptionSet {
    let rawValue: UInt8
    static let fin = Flags(rawValue: 1)
    static let syn = Flags(rawValue: 2)
    static let rst = Flags(rawValue: 4)
    static let ack = Flags(rawValue: 16)
  }

  var sourcePort: UInt16
  var destinationPort: UInt16
  var sequence: UInt32
  var acknowledgment: UInt32
  var flags: Flags
  var window: UInt16
  /// As far as captured.
  var payload: UnsafeRawBufferPointer
  /// Bytes of payload that the segment had on the wire, `payload.count` or more.
  var payloadLength: Int

  enum Parsed {
    case segment(TCPSegment)
    case malformed
    /// The capture ends within the header.
    case cut
  }

  static func parse(_ packet: IPPacket) -> Parsed {
    let bytes = packet.payload
    guard packet.payloadLength >= 20 else { return .malformed }
    guard let source = bytes.u16(0), let destination = bytes.u16(2), let sequence = bytes.u32(4),
      let acknowledgment = bytes.u32(8), let offset = bytes.u8(12), let flags = bytes.u8(13),
      let window = bytes.u16(14)
    else { return .cut }
    let header = Int(offset >> 4) * 4
    guard header >= 20, header <= packet.payloadLength else { return .malformed }
    guard let payload = bytes.dropping(header) else { return .cut }
    return .segment(
      TCPSegment(
        sourcePort: source, destinationPort: destination, sequence: sequence,
        acknowledgment: acknowledgment, flags: Flags(rawValue: flags), window: window,
        payload: payload.raw, payloadLength: packet.payloadLength - header))
  }
}
