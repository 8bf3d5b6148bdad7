import Foundation
import Glibc
import LabTestSupport
import Synchronization
import Testing

@testable import GuestSSH
@testable import LabCore

/// Files that go to boards and come back by SSH.
@Suite(.serialized, .enabled(if: Server.canStart, Server.needsRoot))
struct SSHFileTests {
  private func random(_ count: Int) throws -> Data {
    let source = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
    return try source.read(upToCount: count) ?? Data()
  }

  private func mode(of path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test(arguments: Server.allCases, [0, 1, 3_000_001])
  func filesGoThereAndBackUnchanged(_ server: Server, _ count: Int) async throws {
    try await SSHFixture.with(server) { fixture in
      let bytes = try random(count)
      let local = "\(fixture.folder)/a 'local' file"
      try bytes.write(to: URL(fileURLWithPath: local))
      let path = try #require(BoardPath("-images/with 'quotes'/$horse.ppm"))
      let steps = Mutex<[Int64]>([])
      try await fixture.board.files.put(local, to: path, access: .data) { done, total in
        #expect(total == count)
        steps.withLock { $0.append(done) }
      }
      #expect(steps.withLock { $0.last } == Int64(count))
      let there = "\(fixture.place)/\(path)"
      #expect(try Data(contentsOf: URL(fileURLWithPath: there)) == bytes)
      #expect(mode(of: there) == 0o600)
      try await fixture.board.put(local, to: path, access: .program)
      #expect(mode(of: there) == 0o700)
      let back = "\(fixture.folder)/back"
      try await fixture.board.get(path, to: back)
      #expect(try Data(contentsOf: URL(fileURLWithPath: back)) == bytes)
      #expect(mode(of: back) == 0o600)
      await #expect { try await fixture.board.get(path, to: back) } throws: {
        ($0 as? LabError)?.code == .fileNotCopied
      }
      let files = try FileManager.default.subpathsOfDirectory(atPath: fixture.place)
      #expect(files.filter { $0.hasSuffix(".part") }.isEmpty)
    }
  }

  /// A board whose disk garbles: what cat writes there is not what came. The cat of a busybox shell is its own.
  @Test(arguments: [Server.openssh, .opensshWithBash]) func aFileThatArrivesChangedIsNoticed(
    _ server: Server
  )
    async throws
  {
    let garble = """
      cat >/run/cat <<'END'
      #!/bin/sh
      tr a b
      END
      chmod 755 /run/cat

      """
    let bind = "mount --bind /run/cat \"$(readlink -f \"$(command -v cat)\")\"\n"
    try await SSHFixture.with(server, prelude: garble, beforeStart: bind) { fixture in
      let local = "\(fixture.folder)/local"
      try Data("banana".utf8).write(to: URL(fileURLWithPath: local))
      let path = try #require(BoardPath("file"))
      await #expect { try await fixture.board.put(local, to: path, access: .data) } throws: {
        guard let error = $0 as? LabError else { return false }
        return error.code == .fileNotCopied && error.cause?.contains("SHA-256") == true
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.place).isEmpty)
      // The other way.
      try Data("banana".utf8).write(to: URL(fileURLWithPath: "\(fixture.place)/file"))
      let back = "\(fixture.folder)/back"
      await #expect { try await fixture.board.get(path, to: back) } throws: {
        ($0 as? LabError)?.code == .fileNotCopied
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: fixture.folder)
      #expect(!left.contains { $0.hasPrefix("back") })
    }
  }

  @Test(arguments: Server.allCases) func whatCannotBeCopiedSaysWhy(_ server: Server) async throws {
    try await SSHFixture.with(server) { fixture in
      let path = try #require(BoardPath("file"))
      func failure(_ body: () async throws(LabError) -> Void) async -> LabError? {
        do {
          try await body()
          return nil
        } catch { return error }
      }
      let noFile = await failure { () throws(LabError) in
        try await fixture.board.put("/nonexistent", to: path, access: .data)
      }
      #expect(noFile?.code == .fileNotCopied && noFile?.cause == "No such file or directory")
      let folder = await failure { () throws(LabError) in
        try await fixture.board.put("/tmp", to: path, access: .data)
      }
      #expect(folder?.code == .fileNotCopied)
      let none = await failure { () throws(LabError) in
        try await fixture.board.get(path, to: "\(fixture.folder)/back")
      }
      #expect(none?.code == .fileNotCopied && none?.cause == "no such file")
      mkdir("\(fixture.place)/file", 0o700)
      let taken = await failure { () throws(LabError) in
        try await fixture.board.put("/etc/passwd", to: path, access: .data)
      }
      #expect(taken?.cause == "a folder of this name is there")
    }
  }

  @Test(arguments: Server.allCases) func aBoardThatDiesDuringACopyLeavesNothing(_ server: Server)
    async throws
  {
    // The board's sessions die long before it is through.
    try await copyLeavesNothing(server, .connectionLost) { fixture, _ in fixture.killSessions() }
  }

  @Test(arguments: Server.allCases) func aCancelledCopyLeavesNothing(_ server: Server) async throws
  {
    try await copyLeavesNothing(server, .cancelled) { _, task in task.cancel() }
  }

  private func copyLeavesNothing(
    _ server: Server, _ code: LabError.Code,
    _ interrupt: (SSHFixture, Task<Void, any Error>) -> Void
  ) async throws {
    try await SSHFixture.with(server) { fixture in
      // Sparse.
      let local = "\(fixture.folder)/large"
      try Data().write(to: URL(fileURLWithPath: local))
      truncate(local, 1 << 31)
      let path = try #require(BoardPath("large"))
      let board = fixture.board
      let copied = Mutex<Int64>(0)
      let task = Task {
        try await board.files.put(local, to: path, access: .data) { done, _ in
          copied.withLock { $0 = done }
        }
      }
      #expect(try await eventually { copied.withLock { $0 > 1 << 20 } })
      interrupt(fixture, task)
      await #expect { try await task.value } throws: { ($0 as? LabError)?.code == code }
      let gone = try await eventually {
        (try? FileManager.default.contentsOfDirectory(atPath: fixture.place))?.isEmpty == true
      }
      #expect(gone)
    }
  }

  @Test func theWorkingFolderComesAndGoes() async throws {
    try await SSHFixture.with(.dropbear) { fixture in
      let folder = "\(fixture.place)/deep/er 'folder'"
      let files = SSHFiles(connection: fixture.connection, folder: folder)
      try await files.makeFolder()
      try await files.makeFolder()
      #expect(mode(of: folder) == 0o700)
      try await files.put("/etc/passwd", to: try #require(BoardPath("a/b/c")), access: .data)
      try await files.removeFolder()
      try await files.removeFolder()
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }
}
