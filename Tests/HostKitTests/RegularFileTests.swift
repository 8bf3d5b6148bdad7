import Foundation
import TestSupport
import Testing

@testable import HostKit

struct RegularFileTests {
  private func problem(_ path: String, followsLinks: Bool = true) -> RegularFile.Problem? {
    do throws(RegularFile.Problem) {
      _ = try RegularFile(path, followsLinks: followsLinks)
      return nil
    } catch { return error }
  }

  @Test func nothingButARegularFileIsOpenedAndNothingIsWaitedFor() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1, 2, 3], to: "file")
    #expect(problem(file) == nil)
    #expect(problem(folder.path("none")) == .missing)
    #expect(problem(folder.path) == .folder)
    #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
    #expect(problem(folder.path("fifo")) == .special)
    #expect(problem(file + "/x") == .unreadable(SystemError(number: ENOTDIR)))
    #expect(symlink(file, folder.path("link")) == 0)
    #expect(problem(folder.path("link")) == nil)
    #expect(
      problem(folder.path("link"), followsLinks: false) == .unreadable(SystemError(number: ELOOP)))
  }

  @Test func aSocketIsSpecialToo() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("socket")
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    #expect(bound == 0)
    #expect(problem(path) == .special)
  }

  @Test func itIsReadAnywhere() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    let file = try RegularFile(try folder.write(bytes, to: "file"))
    #expect(file.size == 1000 && file.owner == geteuid())
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 300, alignment: 16)
    defer { buffer.deallocate() }
    #expect(try file.read(into: buffer, at: 250) == 300)
    #expect(Array(buffer) == Array(bytes[250..<550]))
    #expect(try file.read(into: buffer, at: 900) == 100)
    #expect(Array(buffer[..<100]) == Array(bytes[900...]))
    #expect(try file.read(into: buffer, at: 1000) == 0)
  }

  @Test func aSmallFileIsReadUpToItsLimit() throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](repeating: 9, count: 3 << 20)
    let file = try RegularFile(try folder.write(bytes, to: "file"))
    #expect(try file.contents(limit: bytes.count) == bytes)
    #expect(throws: RegularFile.Problem.larger(than: bytes.count - 1)) {
      _ = try file.contents(limit: bytes.count - 1)
    }
    #expect(throws: RegularFile.Problem.larger(than: 0)) { _ = try file.contents(limit: 0) }
    // The system says that it has no bytes.
    #expect(try !RegularFile("/proc/self/status").contents(limit: 1 << 16).isEmpty)
    #expect(try RegularFile(try folder.write([], to: "empty")).contents(limit: 10).isEmpty)
  }

  @Test func aPieceIsReadFromAnyPlace() throws {
    let folder = try TemporaryFolder()
    let file = try RegularFile(try folder.write([1, 2, 3, 4, 5], to: "file"))
    #expect(try file.bytes(3) == [1, 2, 3])
    #expect(try file.bytes(3, at: 3) == [4, 5])
    #expect(try file.bytes(3, at: 5).isEmpty)
  }

  /// FIPS 180-2: "abc", and a million times "a", which is not a whole number of pieces.
  @Test func itsHashIsTheStandards() throws {
    let folder = try TemporaryFolder()
    let abc = try RegularFile(try folder.write(Array("abc".utf8), to: "abc"))
    #expect(
      try abc.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    let long = try RegularFile(try folder.write(million, to: "million"))
    #expect(
      try long.sha256() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    let big = try folder.write([UInt8](repeating: 5, count: 2_500_000), to: "big")
    let word = try run(["sha256sum", big], in: folder).split(separator: " ").first.map(String.init)
    #expect(try RegularFile(big).sha256() == word)
    // Twice the same: no position is moved.
    #expect(try abc.sha256() == abc.sha256())
  }

  @Test func hashingEndsWhenTold() throws {
    let folder = try TemporaryFolder()
    let file = try RegularFile(try folder.write([1], to: "file"))
    #expect(throws: CancellationError.self) { try file.sha256 { throw CancellationError() } }
  }

  @Test func problemsHaveWordsAndNumbers() {
    #expect(ErrorWords.words(of: RegularFile.Problem.missing) == "No such file or directory")
    #expect(RegularFile.Problem.special.description == "it is not a regular file")
    #expect(RegularFile.Problem.larger(than: 7).description == "it is larger than 7 bytes")
    #expect(RegularFile.Problem.unreadable(SystemError(number: EIO)).errorNumber == EIO)
  }
}
