import LabManifest
import LabValues
import Testing

struct UnitTests {
  @Test(arguments: [
    ("0", 0), ("512", 512), ("512B", 512), ("10kB", 10_000), ("64KiB", 65_536),
    ("1MB", 1_000_000), ("1MiB", 1_048_576), ("1GB", 1_000_000_000), ("1GiB", 1_073_741_824),
    ("18446744073709551615", UInt64.max),
  ])
  func byteCount(_ text: String, _ bytes: UInt64) throws {
    #expect(try ByteCount(text).bytes == bytes)
    #expect(try ByteCount(ByteCount(text).description).bytes == bytes)
  }

  @Test(arguments: [
    (0, "0B"), (512, "512B"), (65_536, "64KiB"), (10_000, "10kB"), (1_048_576, "1MiB"),
    (1_048_577, "1048577B"), (3 << 30, "3GiB"),
  ])
  func byteCountFormat(_ bytes: UInt64, _ text: String) {
    #expect(ByteCount(bytes: bytes).description == text)
  }

  @Test(arguments: [
    ("100mbit", 100_000_000), ("100Mbit", 100_000_000), ("1Gbit/s", 1_000_000_000),
    ("512KBIT", 512_000), ("8000bit", 8000), ("1000Gbit", 1_000_000_000_000),
  ])
  func bitRate(_ text: String, _ bitsPerSecond: UInt64) throws {
    #expect(try BitRate(text).bitsPerSecond == bitsPerSecond)
    #expect(try BitRate(BitRate(text).description).bitsPerSecond == bitsPerSecond)
  }

  @Test func bitRateFormat() {
    #expect(BitRate(bitsPerSecond: 100_000_000).description == "100Mbit")
    #expect(BitRate(bitsPerSecond: 1_500_000).description == "1500kbit")
    #expect(BitRate(bitsPerSecond: 1001).description == "1001bit")
  }

  @Test(arguments: [
    ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("2m", .seconds(120)),
    ("90s", .seconds(90)), ("90m", .seconds(5400)), ("24h", .seconds(86_400)),
    ("1ms", .milliseconds(1)),
  ])
  func duration(_ text: String, _ duration: Duration) throws {
    #expect(try DurationText.parse(text) == duration)
    #expect(DurationText.format(duration) == text)
  }

  @Test func durationFormatRoundsUp() {
    #expect(DurationText.format(.microseconds(1)) == "1ms")
    #expect(DurationText.format(.microseconds(1999)) == "2ms")
    #expect(DurationText.format(.seconds(120)) == "2m")
  }

  @Test(arguments: [
    ("", QuantityError.Reason.malformed), (" 1MiB", .malformed), ("1 MiB", .malformed),
    ("1.5MiB", .malformed), ("-1", .malformed), ("+1", .malformed), ("MiB", .malformed),
    ("0x10", .malformed), ("1mib", .unknownUnit("mib")), ("10Kb", .unknownUnit("Kb")),
    ("１MiB", .malformed), ("18446744073709551616", .outOfRange),
    ("99999999999999999999999", .outOfRange), ("17179869184GiB", .outOfRange),
  ])
  func badByteCount(_ text: String, _ reason: QuantityError.Reason) {
    let error = #expect(throws: QuantityError.self) { try ByteCount(text) }
    #expect(error?.reason == reason)
  }

  @Test(arguments: [
    ("10", QuantityError.Reason.missingUnit), ("10m", .unknownUnit("m")),
    ("10mbps", .unknownUnit("mbps")), ("10Mbit/m", .unknownUnit("Mbit/m")),
    ("10/s", .unknownUnit("/s")), ("999bit", .outOfRange), ("1001Gbit", .outOfRange),
    ("18446744074Gbit", .outOfRange), ("10 Mbit", .malformed),
  ])
  func badBitRate(_ text: String, _ reason: QuantityError.Reason) {
    let error = #expect(throws: QuantityError.self) { try BitRate(text) }
    #expect(error?.reason == reason)
  }

  @Test(arguments: [
    ("10", QuantityError.Reason.missingUnit), ("1d", .unknownUnit("d")),
    ("10S", .unknownUnit("S")), ("0ms", .outOfRange), ("1441m", .outOfRange),
    ("1m30s", .malformed),
  ])
  func badDuration(_ text: String, _ reason: QuantityError.Reason) {
    let error = #expect(throws: QuantityError.self) { try DurationText.parse(text) }
    #expect(error?.reason == reason)
  }

  @Test func unitsOfOtherCaseAreSuggested() {
    let error = #expect(throws: QuantityError.self) { try ByteCount("64KIB") }
    #expect(error?.hint == "did you mean '64KiB'? examples: 512, 10kB, 64KiB, 1MiB, 1GiB")
  }
}

struct AddressTests {
  @Test(arguments: [
    ("0.0.0.0", 0), ("10.77.0.1", 0x0A4D_0001), ("255.255.255.255", 0xFFFF_FFFF),
  ])
  func address(_ text: String, _ value: UInt32) throws {
    #expect(try IPv4Address(text).value == value)
    #expect(IPv4Address(value: value).description == text)
  }

  @Test(arguments: [
    "", "10", "10.77.0", "10.77.0.1.2", "10.77.0.256", "10.77..1", "10.77.0.-1", "10.77.0.+1",
    "10.77.0.1 ", "10.77.0.0001", "0x0a.77.0.1", "10.77.0.١",
  ])
  func malformedAddress(_ text: String) {
    #expect(throws: AddressError.malformedAddress(text)) { try IPv4Address(text) }
  }

  @Test func leadingZero() {
    #expect(throws: AddressError.leadingZero("10.77.0.010")) { try IPv4Address("10.77.0.010") }
  }

  @Test func subnet() throws {
    let subnet = try IPv4Subnet("10.77.4.0/22")
    #expect(subnet.description == "10.77.4.0/22")
    #expect(subnet.netmask.description == "255.255.252.0")
    #expect(subnet.broadcast.description == "10.77.7.255")
    #expect(subnet.hostCount == 1022)
    #expect(subnet.contains(try IPv4Address("10.77.7.255")))
    #expect(!subnet.contains(try IPv4Address("10.77.8.0")))
    #expect(!subnet.contains(try IPv4Address("10.77.3.255")))
    let hosts = Array(subnet.hosts)
    #expect(hosts.count == 1022)
    #expect(hosts.first?.description == "10.77.4.1")
    #expect(hosts.last?.description == "10.77.7.254")
  }

  @Test func subnetsOfExtremeSizes() throws {
    #expect(try IPv4Subnet("0.0.0.0/0").hostCount == (1 << 32) - 2)
    #expect(try IPv4Subnet("0.0.0.0/0").broadcast.description == "255.255.255.255")
    #expect(
      try IPv4Subnet("255.255.255.252/30").hosts.map(\.description)
        == ["255.255.255.253", "255.255.255.254"])
    #expect(try Array(IPv4Subnet("10.0.0.0/31").hosts).isEmpty)
    #expect(try Array(IPv4Subnet("10.0.0.1/32").hosts).isEmpty)
  }

  @Test func badSubnets() {
    #expect(throws: AddressError.malformedSubnet("10.0.0.0/")) { try IPv4Subnet("10.0.0.0/") }
    #expect(throws: AddressError.malformedSubnet("10.0.0.0/8/8")) { try IPv4Subnet("10.0.0.0/8/8") }
    #expect(throws: AddressError.prefixOutOfRange("33")) { try IPv4Subnet("10.0.0.0/33") }
    #expect(throws: AddressError.prefixOutOfRange("+8")) { try IPv4Subnet("10.0.0.0/+8") }
    #expect(throws: AddressError.prefixOutOfRange("99999999999999999999")) {
      try IPv4Subnet("10.0.0.0/99999999999999999999")
    }
    #expect(throws: AddressError.hostBitsSet(suggestion: "10.0.0.0/8")) {
      try IPv4Subnet("10.77.0.0/8")
    }
  }
}
