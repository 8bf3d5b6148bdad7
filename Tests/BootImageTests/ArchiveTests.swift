import Foundation
import TestSupport
import Testing

@testable import BootImage

@Suite struct ArchiveTests {
  private static func sample() -> [UInt8] {
    var tree = RootTree()
    tree.add("dev/console", .characterDevice(major: 5, minor: 1, permissions: 0o600))
    tree.add("b/c/file", .file(Array("four".utf8), permissions: 0o640))
    tree.add("b/empty", .file([], permissions: 0o755))
    tree.add("b/odd", .file([1, 2, 3, 4, 5], permissions: 0o600))
    tree.add("a", .link(to: "b/odd"))
    tree.add("secret", .folder(permissions: 0o700))
    return tree.archive()
  }

  /// The listing of GNU cpio, words of each line: mode, owner, group, size or device, …, name.
  private static func listing(_ archive: [UInt8]) async throws -> [[String]] {
    try await withTemporaryFolder { folder in
      try Data(archive).write(to: URL(fileURLWithPath: "\(folder)/archive"))
      let outcome = try await Command.run(
        "/bin/sh", ["-c", "TZ=UTC cpio -tvn --quiet <archive"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.output.split(separator: "\n").map { line in
        line.split(separator: " ").map(String.init)
      }
    }
  }

  @Test func cpioReadsWhatWasWritten() async throws {
    let lines = try await Self.listing(Self.sample())
    #expect(
      lines.map { $0.first } == [
        "lrwxrwxrwx", "drwxr-xr-x", "drwxr-xr-x", "-rw-r-----", "-rwxr-xr-x", "-rw-------",
        "drwxr-xr-x", "crw-------", "drwx------",
      ])
    #expect(
      lines.map { $0[$0[0].hasPrefix("c") ? 9 : 8] } == [
        "a", "b", "b/c", "b/c/file", "b/empty", "b/odd", "dev", "dev/console", "secret",
      ])
    #expect(lines.allSatisfy { $0[2] == "0" && $0[3] == "0" }, "everything is root's")
    #expect(lines[0].suffix(2) == ["->", "b/odd"])
  }

  @Test func cpioExtractsTheSameBytes() async throws {
    try await withTemporaryFolder { folder in
      try Data(Self.sample()).write(to: URL(fileURLWithPath: "\(folder)/archive"))
      let outcome = try await Command.run(
        "/bin/sh", ["-c", "cpio -id --quiet 'b/*' a <archive"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let read = { (name: String) in
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      #expect(try read("b/c/file") == Data("four".utf8))
      #expect(try read("b/empty").isEmpty)
      #expect(try read("a") == Data([1, 2, 3, 4, 5]))
    }
  }

  @Test func theSameContentsGiveTheSameBytesInWholeWords() {
    #expect(Self.sample() == Self.sample())
    #expect(Self.sample().count % 4 == 0)
    var one = RootTree()
    one.add("x", .file([1], permissions: 0o600))
    var other = RootTree()
    other.add("x", .file([2], permissions: 0o600))
    #expect(one.archive() != other.archive())
  }

  @Test func whatIsThereFirstStays() {
    var tree = RootTree()
    tree.add("/bin/tc", .file([1], permissions: 0o755))
    tree.add("bin/tc", .link(to: "busybox"))
    #expect(tree.entries["bin/tc"] == .file([1], permissions: 0o755))
  }
}
