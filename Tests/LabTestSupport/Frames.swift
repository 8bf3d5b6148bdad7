import Foundation
import Testing

/// Frames of a capture file, pcapng or pcap of this machine's byte order, by their own lengths.
package enum Frames {
  package static func count(in bytes: Data, holding pattern: Data) throws -> Int {
    let isPcapng = bytes.prefix(4) == Data([0x0A, 0x0D, 0x0D, 0x0A])
    var position = isPcapng ? 0 : 24
    var count = 0
    func number(_ at: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    while position < bytes.count {
      let length = isPcapng ? number(position + 4) : 16 + number(position + 8)
      try #require(length > 0 && position + length <= bytes.count, "the file ends in a frame")
      if bytes[position..<position + length].range(of: pattern) != nil { count += 1 }
      position += length
    }
    return count
  }
}
