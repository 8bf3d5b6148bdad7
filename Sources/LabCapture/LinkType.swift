import CPcap

/// Link types that are read; the raw values are libpcap's DLT numbers.
enum LinkType: Int32 {
  case ethernet = 1
  case raw = 12
  case linuxCooked = 113
  case ipv4 = 228
  case ipv6 = 229
  case linuxCooked2 = 276

  var name: String {
    pcap_datalink_val_to_name(rawValue).map { String(cString: $0) } ?? "\(rawValue)"
  }

  /// The IP packet in a frame: its version is in its own first byte, so EtherTypes only say whether
  /// it is one. Nil for anything else.
  func networkPacket(_ frame: PacketBytes) -> Network {
    switch self {
    case .ethernet: Self.ethernetPacket(frame)
    case .linuxCooked: Self.packet(frame, type: frame.u16(14), header: 16)
    case .linuxCooked2: Self.packet(frame, type: frame.u16(0), header: 20)
    case .raw, .ipv4, .ipv6: .ip(frame)
    }
  }

  enum Network {
    case ip(PacketBytes)
    case other
    /// The frame ends within its own header.
    case short
  }

  /// IEEE 802.3 with any number of 802.1Q and 802.1ad tags.
  private static func ethernetPacket(_ frame: PacketBytes) -> Network {
    var offset = 12
    while let type = frame.u16(offset) {
      guard [0x8100, 0x88A8, 0x9100].contains(type) else {
        return packet(frame, type: type, header: offset + 2)
      }
      offset += 4
    }
    return .short
  }

  private static func packet(_ frame: PacketBytes, type: UInt16?, header: Int) -> Network {
    guard let type, let packet = frame.dropping(header) else { return .short }
    return type == 0x0800 || type == 0x86DD ? .ip(packet) : .other
  }
}
