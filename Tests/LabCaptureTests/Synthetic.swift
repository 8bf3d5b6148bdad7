import Foundation

@testable import LabCapture

extension FixedWidthInteger {
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// A TCP segment in the making. The client is 10.0.0.2:5000 and the server 10.0.0.1:4000.
struct Made {
  var fromClient = true
  var sequence: UInt32
  var acknowledgment: UInt32 = 0
  var flags: UInt8 = 0x10
  var payload: [UInt8] = []
  var isIPv6 = false

  var tcp: [UInt8] {
    let ports: [UInt16] = fromClient ? [5000, 4000] : [4000, 5000]
    var bytes = ports[0].bigEndianBytes + ports[1].bigEndianBytes
    bytes += sequence.bigEndianBytes + acknowledgment.bigEndianBytes
    bytes += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
    return bytes + payload
  }

  var ip: [UInt8] {
    let ends: [UInt8] = fromClient ? [2, 1] : [1, 2]
    var packet: [UInt8]
    if isIPv6 {
      packet = [0x60, 0, 0, 0] + UInt16(tcp.count).bigEndianBytes
      packet += [6, 64]
      for end in ends { packet += [0xFD] + [UInt8](repeating: 0, count: 14) + [end] }
    } else {
      packet = [0x45, 0] + UInt16(20 + tcp.count).bigEndianBytes
      packet += [0, 0, 0x40, 0, 64, 6, 0, 0]
      for end in ends { packet += [10, 0, 0, end] }
    }
    return packet + tcp
  }

  var ethernet: [UInt8] {
    Array(repeating: 2, count: 12) + (isIPv6 ? [0x86, 0xDD] : [0x08, 0x00]) + ip
  }

  var segment: TCPSegment {
    // Held by nobody: the payload is copied into memory that the test never frees.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 1)
    memory.copyBytes(from: payload)
    return TCPSegment(
      sourcePort: 5000, destinationPort: 4000, sequence: sequence, acknowledgment: acknowledgment,
      flags: .init(rawValue: flags), window: 0xFFFF, payload: UnsafeRawBufferPointer(memory),
      payloadLength: payload.count)
  }
}

/// Writes capture files byte by byte, independently of libpcap.
struct CaptureWriter {
  private(set) var bytes: [UInt8]
  private var time: UInt32 = 0

  init(linkType: UInt32 = 1, snapLength: UInt32 = 262_144) {
    let header: [[UInt8]] = [
      UInt32(0xA1B2_C3D4).littleEndianBytes, UInt16(2).littleEndianBytes,
      UInt16(4).littleEndianBytes, [0, 0, 0, 0, 0, 0, 0, 0], snapLength.littleEndianBytes,
      linkType.littleEndianBytes,
    ]
    bytes = header.flatMap(\.self)
  }

  mutating func pause(_ microseconds: UInt32) { time += microseconds }

  /// - Parameter captured: how many of the frame's bytes the file holds.
  mutating func add(_ frame: [UInt8], captured: Int? = nil) {
    let kept = frame.prefix(captured ?? frame.count)
    time += 10
    let numbers = [1_700_000_000, time, UInt32(kept.count), UInt32(frame.count)]
    bytes += numbers.flatMap(\.littleEndianBytes) + kept
  }

  /// A conversation of one direction with handshake and FINs, in segments of these sizes in turn.
  static func conversation(
    _ stream: [UInt8], sizes: [Int], first: UInt32 = 1000, isIPv6: Bool = false
  ) -> [Made] {
    var packets = [
      Made(sequence: first, flags: 0x02),
      Made(fromClient: false, sequence: 77, acknowledgment: first &+ 1, flags: 0x12),
      Made(sequence: first &+ 1, acknowledgment: 78),
    ]
    var position = 0
    var turn = 0
    while position < stream.count {
      let end = min(stream.count, position + sizes[turn % sizes.count])
      packets.append(
        Made(
          sequence: first &+ 1 &+ UInt32(position), acknowledgment: 78,
          payload: Array(stream[position..<end])))
      (position, turn) = (end, turn + 1)
    }
    let after = first &+ 1 &+ UInt32(stream.count)
    packets.append(Made(sequence: after, acknowledgment: 78, flags: 0x11))
    packets.append(
      Made(fromClient: false, sequence: 78, acknowledgment: after &+ 1, flags: 0x11))
    packets.append(Made(sequence: after &+ 1, acknowledgment: 79))
    for index in packets.indices { packets[index].isIPv6 = isIPv6 }
    return packets
  }
}
