/// Makes pcapng (draft-ietf-opsawg-pcapng) of a capture that arrives piece by piece, as pcap of either byte order or as
/// pcapng, which is passed on as it is.
public struct PcapNGStream: Sendable {
  private enum Form {
    case unknown
    case pcapng
    case pcap(isLittle: Bool)
  }

  /// Larger than any frame that a capture program writes; a length beyond it is no length.
  private static let longestFrame = 1 << 20

  private var form = Form.unknown
  private var rest: [UInt8] = []

  public init() {}

  /// - Returns: what is complete with this piece.
  /// - Throws: `CaptureStreamError` where it is no capture.
  public mutating func add(_ piece: [UInt8]) throws(CaptureStreamError) -> [UInt8] {
    rest += piece
    var output: [UInt8] = []
    if case .unknown = form {
      guard try begin(&output) else { return [] }
    }
    guard case .pcap(let isLittle) = form else {
      output += rest
      rest = []
      return output
    }
    var position = 0
    while rest.count - position >= 16 {
      let length = number(position + 8, isLittle)
      guard length <= Self.longestFrame else { throw CaptureStreamError() }
      guard rest.count - position - 16 >= length else { break }
      addPacket(at: position, length: length, isLittle, to: &output)
      position += 16 + length
    }
    rest.removeFirst(position)
    return output
  }

  /// Reads the file's header.
  /// - Returns: false while it is not complete.
  private mutating func begin(_ output: inout [UInt8]) throws(CaptureStreamError) -> Bool {
    guard rest.count >= 4 else { return false }
    let isNanoseconds: Bool
    switch Array(rest.prefix(4)) {
    case [0x0A, 0x0D, 0x0D, 0x0A]:
      form = .pcapng
      return true
    case [0xD4, 0xC3, 0xB2, 0xA1]: (form, isNanoseconds) = (.pcap(isLittle: true), false)
    case [0xA1, 0xB2, 0xC3, 0xD4]: (form, isNanoseconds) = (.pcap(isLittle: false), false)
    case [0x4D, 0x3C, 0xB2, 0xA1]: (form, isNanoseconds) = (.pcap(isLittle: true), true)
    case [0xA1, 0xB2, 0x3C, 0x4D]: (form, isNanoseconds) = (.pcap(isLittle: false), true)
    default: throw CaptureStreamError()
    }
    guard rest.count >= 24, case .pcap(let isLittle) = form else {
      form = .unknown
      return false
    }
    let (snapLength, linkType) = (number(16, isLittle), number(20, isLittle) & 0xFFFF)
    rest.removeFirst(24)
    // Section header: byte order, version 1.0, a length that nobody knows.
    output += block(
      0x0A0D_0D0A, bytes(0x1A2B_3C4D) + [1, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8))
    // Interface description; times in nanoseconds where the capture has them (if_tsresol 9).
    let options: [UInt8] = isNanoseconds ? [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0] : []
    output += block(
      1, [UInt8(linkType & 0xFF), UInt8(linkType >> 8), 0, 0] + bytes(snapLength) + options)
    unitsPerSecond = isNanoseconds ? 1_000_000_000 : 1_000_000
    return true
  }

  private var unitsPerSecond: UInt64 = 1_000_000

  /// An enhanced packet block.
  private func addPacket(at position: Int, length: Int, _ isLittle: Bool, to output: inout [UInt8])
  {
    let time =
      UInt64(number(position, isLittle)) * unitsPerSecond + UInt64(number(position + 4, isLittle))
    let frame = rest[position + 16..<position + 16 + length]
    output += block(
      6,
      bytes(0) + bytes(Int(time >> 32)) + bytes(Int(time & 0xFFFF_FFFF)) + bytes(length)
        + bytes(number(position + 12, isLittle)) + frame
        + [UInt8](repeating: 0, count: (4 - length % 4) % 4))
  }

  private func block(_ type: Int, _ body: [UInt8]) -> [UInt8] {
    let length = bytes(body.count + 12)
    return bytes(type) + length + body + length
  }

  private func bytes(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private func number(_ position: Int, _ isLittle: Bool) -> Int {
    (0..<4).reduce(0) { $0 | Int(rest[position + $1]) << (8 * (isLittle ? $1 : 3 - $1)) }
  }
}

/// What arrives is neither pcap nor pcapng.
public struct CaptureStreamError: Error, Equatable {}
