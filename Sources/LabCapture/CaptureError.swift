/// Why a capture could not be analysed at all. A capture that ends too early is no error: it is
/// reported with what it holds.
public enum CaptureError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No capture, or one that libpcap does not read.
  case unreadable(path: String, reason: String)
  case unsupportedLinkType(path: String, name: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "The capture \(path) cannot be read: \(reason). It must be a pcap or pcapng file, as tcpdump"
        + " or dumpcap write it."
    case .unsupportedLinkType(let path, let name):
      "The capture \(path) has link type \(name). Capture on an Ethernet, loopback, tun or \"any\""
        + " interface."
    }
  }
}
