import Foundation
import TestSupport
import Testing

@testable import VirtualBox

/// Traces of adapters, as files.
struct TraceTests {
  private static let header: [UInt8] =
    [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 16)
  private static let filler: [UInt8] = [
    0, 0, 0, 0, 17, 0, 0, 0, 4, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0,
  ]
  /// 2^16 seconds and 300,000 microseconds after the beginning.
  private static let frame: [UInt8] =
    [0, 0, 1, 0, 0xE0, 0x93, 4, 0, 3, 0, 0, 0, 3, 0, 0, 0, 7, 8, 9]
  private static let start: UnixTime = 1_000_900_000
  /// 66,537 seconds and 200,000 microseconds.
  private static let timed: [UInt8] =
    [0xE9, 3, 1, 0, 0x40, 0x0D, 3, 0, 3, 0, 0, 0, 3, 0, 0, 0, 7, 8, 9]

  private func copied(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let a = try folder.write(bytes, to: "a")
    try TraceFile.copy(from: a, to: folder.path("b"), start: Self.start)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b"])
    return try folder.read("b")
  }

  /// What VirtualBox writes before the first frame is no frame; a file without it stays whole.
  @Test(arguments: [true, false]) func withoutTheFiller(hasFiller: Bool) throws {
    let frames = Self.frame + Self.frame
    let bytes = try copied(Self.header + (hasFiller ? Self.filler : []) + frames)
    #expect(bytes == Self.header + Self.timed + Self.timed)
  }

  /// Pieces of the file end within frames.
  @Test func manyFrames() throws {
    let count = 150_000
    let bytes = try copied(
      Self.header + Self.filler + [[UInt8]](repeating: Self.frame, count: count).joined())
    #expect(bytes == Self.header + [[UInt8]](repeating: Self.timed, count: count).joined())
  }

  @Test(arguments: 1...18) func aFrameThatIsNotWhole(missing: Int) throws {
    let bytes = try copied(Self.header + Self.filler + Self.frame + Self.frame.dropLast(missing))
    #expect(bytes == Self.header + Self.timed)
  }

  @Test func lengthsThatLie() throws {
    var frame = Self.frame
    frame.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try copied(Self.header + frame) == Self.header)
    #expect(try copied([]) == [])
    #expect(try copied([1, 2, 3]) == [1, 2, 3])
  }

  /// As VirtualBox 7.2.22 writes it.
  @Test func whenTheProcessBegan() {
    let log = """
      00:00:01.249637 VirtualBox VM 7.2.22_Debian r175245 linux.amd64 (Oct 22 2026 07:33:03) release log
      00:00:01.249639 Log opened 2026-11-24T16:24:36.892097000Z
      00:00:01.249640 Build Type: release
      """
    #expect(MachineLog.start(in: log) == 1_795_537_475_642_458)
    #expect(MachineLog.start(in: "00:00:01.249639 Log opened yesterday") == nil)
    #expect(
      MachineLog.start(in: "00:00:01.249639 Log opened 2026-99-24T16:24:36.892097000Z") == nil)
    #expect(
      MachineLog.start(in: "99:00:01.249639 Log opened 1970-01-01T00:00:36.892097000Z") == nil)
    #expect(MachineLog.start(in: "") == nil)
  }
}
