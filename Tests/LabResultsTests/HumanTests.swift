import Testing

@testable import LabResults

@Suite struct HumanTests {
  @Test(
    arguments: [
      (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"),
      (393_615, "384.4 KiB"), (1_048_575, "1.0 MiB"), (1_048_576, "1.0 MiB"),
      (68_719_476_736, "64.0 GiB"), (UInt64.max, "16.0 EiB"),
    ] as [(UInt64, String)])
  func bytes(count: UInt64, text: String) {
    #expect(Human.bytes(count) == text)
  }

  @Test(
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (1_234_000, "1.23 ms"),
      (12_345_000, "12.3 ms"), (99_960_000, "100 ms"), (999_600, "1.00 ms"),
      (999_999_999, "1.00 s"), (119_000_000_000, "119 s"), (125_000_000_000, "2 min 5 s"),
      (UInt64.max, "307445734 min 34 s"),
    ] as [(UInt64, String)])
  func durations(nanoseconds: UInt64, text: String) {
    #expect(Human.duration(nanoseconds: nanoseconds) == text)
  }

  @Test func rates() {
    #expect(Human.rate(bytes: 1 << 20, nanoseconds: 1_000_000_000) == "1.00 MiB/s")
    #expect(Human.rate(bytes: 500, nanoseconds: 1_000_000_000) == "500 B/s")
    #expect(Human.rate(bytes: 1, nanoseconds: 0) == nil)
    #expect(Human.rate(bytes: .max, nanoseconds: 1)?.hasSuffix(" EiB/s") == true)
  }

  @Test func countsAndPercents() {
    #expect(Human.count(0) == "0")
    #expect(Human.count(999) == "999")
    #expect(Human.count(24_601) == "24 601")
    #expect(Human.count(1_234_567) == "1 234 567")
    #expect(Human.percent(22_960, of: 24_601) == "93 %")
    #expect(Human.percent(0, of: 7) == "0 %")
    #expect(Human.percent(7, of: 7) == "100 %")
    #expect(Human.percent(1, of: 100_000) == "under 1 %")
    #expect(Human.percent(99_999, of: 100_000) == "over 99 %")
    #expect(Human.percent(0, of: 0) == nil)
  }

  @Test func times() {
    #expect(
      [1, 2, 3, 1234].map { Human.times($0) } == ["once", "twice", "3 times", "1 234 times"])
  }

  @Test func printableDisarmsControls() {
    #expect(Human.printable("a\u{1B}[2Jb\u{0}c") == "a\u{FFFD}[2Jb\u{FFFD}c")
    #expect(Human.printable("a\r\nb\tc") == "a  b c")
    #expect(Human.printable("\u{202E}gpj.exe") == "\u{FFFD}gpj.exe")
    #expect(Human.printable("Zoë 👍 ✓") == "Zoë 👍 ✓")
  }
}
