import PiCrypto
import Testing

@testable import PiExchange

@Suite struct FrameTests {
  static let types: [FrameType] = [.hello, .confirm, .header, .trailer, .receipt]

  func read(_ bytes: [UInt8], as type: FrameType) throws -> Frame? {
    var reader = FrameReader(expecting: type)
    var rest = bytes[...]
    while rest.count >= reader.bytesNeeded {
      let piece = Array(rest.prefix(reader.bytesNeeded))
      rest = rest.dropFirst(piece.count)
      if let frame = try reader.receive(piece) { return frame }
    }
    return nil
  }

  @Test(arguments: types) func roundTrip(type: FrameType) throws {
    for size in [type.payloadSizes.lowerBound, type.payloadSizes.upperBound] {
      let frame = Frame(type, (0..<size).map { UInt8(truncatingIfNeeded: $0) })
      #expect(try read(frame.encoded, as: type) == frame)
      #expect(try read(Array(frame.encoded.dropLast()), as: type) == nil)
    }
  }

  /// The length alone is enough for the refusal: no payload follows here.
  @Test(arguments: types) func lengthsAreBounded(type: FrameType) {
    let bounds = type.payloadSizes
    for length in [
      0, UInt32(bounds.lowerBound - 1), UInt32(bounds.upperBound + 1), 65536, 1 << 31, .max,
    ] {
      let bytes = [type.rawValue] + length.bigEndianBytes
      #expect(code { try read(bytes, as: type) } == .badFrame, "\(type) with \(length)")
    }
  }

  @Test(arguments: types) func otherTypesAreRefused(expected: FrameType) {
    for byte in UInt8.min...UInt8.max
    where byte != expected.rawValue && byte != FrameType.alert.rawValue {
      #expect(code { try read([byte, 0, 0, 0, 32], as: expected) } == .badFrame)
    }
  }

  @Test func alertsAreTold() throws {
    for alert in Alert.allCases {
      #expect(code { try read(Frame.alert(alert).encoded, as: .confirm) } == .peerAlert)
    }
    let unknown: [UInt8] = [0x7F, 0, 0, 0, 1, 200]
    #expect(code { try read(unknown, as: .header) } == .peerAlert)
    #expect(code { try read([0x7F, 0, 0, 0, 2, 1, 1], as: .header) } == .badFrame)
  }

  @Test func boardNames() {
    for good in ["a", "0", "alice", "pi-1", String(repeating: "a", count: 63)] {
      #expect(BoardName(good)?.text == good)
    }
    for bad in ["", "-a", "Alice", "a_b", "a b", "ä", "a.b", String(repeating: "a", count: 64)] {
      #expect(BoardName(bad) == nil, "\(bad)")
    }
  }

  @Test func groupIdentifiersDiffer() throws {
    let groups = [
      DHGroup.ffdhe2048, .ffdhe3072, .ffdhe4096,
      try DHGroup.custom(prime: "23", generator: "5"),
      try DHGroup.custom(prime: "23", generator: "7"),
    ]
    #expect(Set(groups.map(\.identifier)).count == groups.count)
  }
}
