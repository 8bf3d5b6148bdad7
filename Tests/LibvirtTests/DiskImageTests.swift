import Foundation
import TestSupport
import Testing

@testable import LabCore
@testable import VMKit

struct DiskImageTests {
  private static func bytes(_ parts: [Int: [UInt8]], length: Int = 40_000) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    for (offset, part) in parts { bytes.replaceSubrange(offset..<offset + part.count, with: part) }
    return bytes
  }

  private static let qcow2: [Int: [UInt8]] = [
    0: [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3], 24: [0, 0, 0, 0, 0x40, 0, 0, 0],
  ]

  @Test func formats() {
    let qcow2 = Self.bytes(Self.qcow2)
    #expect(DiskImage(path: "/d", head: qcow2, bytes: 200_000)?.format == .qcow2)
    #expect(DiskImage(path: "/d", head: qcow2, bytes: 200_000)?.size == 1 << 30)
    let vdi = Self.bytes([
      0x40: [0x7F, 0x10, 0xDA, 0xBE], 0x4C: [1, 0, 0, 0], 0x170: [0, 0, 0, 0x40, 0, 0, 0, 0],
    ])
    #expect(DiskImage(path: "/d", head: vdi, bytes: 200_000)?.format == .vdi)
    #expect(DiskImage(path: "/d", head: vdi, bytes: 200_000)?.size == 1 << 30)
    let iso = Self.bytes([32_769: Array("CD001".utf8)])
    #expect(DiskImage(path: "/d", head: iso, bytes: 700_000)?.format == .iso)
    // A hybrid ISO boots as a disk, too.
    let hybrid = Self.bytes([510: [0x55, 0xAA], 32_769: Array("CD001".utf8)])
    #expect(DiskImage(path: "/d", head: hybrid, bytes: 700_000)?.format == .raw)
    let raw = Self.bytes([510: [0x55, 0xAA]])
    #expect(DiskImage(path: "/d", head: raw, bytes: 40_001)?.size == 39_936)
  }

  @Test func damagedAndDependentImages() {
    let short = Array(Self.bytes(Self.qcow2).prefix(20))
    #expect(DiskImage(path: "/d", head: short, bytes: 20) == nil)
    let backed = Self.bytes(Self.qcow2.merging([8: [0, 0, 0, 0, 0, 0, 1, 0]]) { $1 })
    #expect(DiskImage(path: "/d", head: backed, bytes: 200_000) == nil)
    let version = Self.bytes(Self.qcow2.merging([0: [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 9]]) { $1 })
    #expect(DiskImage(path: "/d", head: version, bytes: 200_000) == nil)
    let differencing = Self.bytes([0x40: [0x7F, 0x10, 0xDA, 0xBE], 0x4C: [4, 0, 0, 0]])
    #expect(DiskImage(path: "/d", head: differencing, bytes: 200_000) == nil)
    #expect(DiskImage(path: "/d", head: [], bytes: 0) == nil)
  }

  @Test(arguments: ["/nowhere/disk.img", "/tmp", "/dev/null"])
  func whatIsNoFileIsRefused(_ path: String) {
    let error = #expect(throws: LabError.self) {
      _ = try DiskImage.examine(path, board: "alice")
    }
    #expect(error?.board == "alice")
    #expect(error?.message.contains(path) == true)
  }

  @Test func obstacleIsTheFolderThatOthersMayNotPass() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    let path = "\(folder)/disk.img"
    try Data(count: 4096).write(to: URL(fileURLWithPath: path))
    chmod(path, 0o644)
    #expect(try DiskImage.examine(path, board: "a").obstacle == folder)
    chmod(folder, 0o711)
    #expect(try DiskImage.examine(path, board: "a").obstacle == nil)
    chmod(path, 0o600)
    #expect(try DiskImage.examine(path, board: "a").obstacle == path)
  }
}
