import CPcap
import Foundation
import HostKit

/// A packet as the capture holds it. `bytes` are valid until the next one is read.
struct CapturedPacket {
  /// Nanoseconds since 1970, UTC.
  var time: UInt64
  /// Bytes it had on the wire; never fewer than were captured.
  var wireLength: Int
  var bytes: PacketBytes
}

/// A capture file, read packet by packet through libpcap, which reads pcap and pcapng.
struct CaptureFile: ~Copyable {
  enum Next {
    case packet(CapturedPacket)
    case end
    /// Reading cannot go on; libpcap's words.
    case broken(String)
  }

  let linkType: LinkType
  private let handle: OpaquePointer

  /// - Throws: where it is not a regular file, no capture, or of a link type that is not read here.
  init(_ path: String) throws(CaptureError) {
    // Absolute, because libpcap takes "-" for standard input.
    let absolute = URL(filePath: path).path
    try Self.requireRegularFile(absolute)
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let opened = pcap_open_offline_with_tstamp_precision(
      absolute, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
    guard let opened else {
      let end = message.firstIndex(of: 0) ?? message.endIndex
      let text = String(decoding: message[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw .unreadable(path: path, reason: text)
    }
    let number = pcap_datalink(opened)
    guard let linkType = LinkType(rawValue: number) else {
      let name = pcap_datalink_val_to_name(number).map { String(cString: $0) } ?? "\(number)"
      pcap_close(opened)
      throw .unsupportedLinkType(path: path, name: name)
    }
    self.linkType = linkType
    handle = opened
  }

  deinit { pcap_close(handle) }

  mutating func next() -> Next {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var data: UnsafePointer<UInt8>?
    switch pcap_next_ex(handle, &header, &data) {
    case 1:
      guard let header = header?.pointee, let data else { return .broken("libpcap gave no packet") }
      return .packet(Self.packet(header, data))
    case -2: return .end
    default: return .broken(String(cString: pcap_geterr(handle)))
    }
  }

  private static func packet(
    _ header: pcap_pkthdr, _ data: UnsafePointer<UInt8>
  ) -> CapturedPacket {
    // In files opened for nanoseconds tv_usec holds those. Times may be anything in a file.
    let seconds = UInt64(clamping: header.ts.tv_sec)
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let captured = Int(header.caplen)
    return CapturedPacket(
      time: overflow ? 0 : whole &+ UInt64(clamping: header.ts.tv_usec),
      wireLength: max(Int(header.len), captured),
      bytes: PacketBytes(UnsafeRawBufferPointer(start: data, count: captured)))
  }

  private static func requireRegularFile(_ path: String) throws(CaptureError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .unreadable(path: path, reason: SystemError.last.description)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is not a regular file")
    }
  }
}
