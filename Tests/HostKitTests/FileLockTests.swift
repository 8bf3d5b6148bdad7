import Foundation
import TestSupport
import Testing

@testable import HostKit

/// Against flock(1) of another process.
struct FileLockTests {
  /// Another process that holds a lock until it is ended.
  private struct Holder: ~Copyable {
    private var process: pid_t = 0

    init(_ path: String, _ options: [String] = [], in folder: TemporaryFolder) throws {
      let sign = folder.path("held-\(UUID().uuidString)")
      let words =
        ["flock"] + options + [
          "--no-fork", path, "sh", "-c", "echo >\"$0\"; exec sleep 3600", sign,
        ]
      var arguments = words.map { strdup($0) } + [nil]
      defer { for argument in arguments { free(argument) } }
      try #require(posix_spawnp(&process, "flock", nil, nil, &arguments, nil) == 0)
      while access(sign, F_OK) != 0 { usleep(2000) }
    }

    /// As a crash would.
    consuming func kill() {}

    deinit {
      guard process > 0 else { return }
      Glibc.kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  private func isTaken(
    _ place: FileLock.Place, _ kind: FileLock.Kind = .exclusive
  ) throws -> Bool {
    let lock = try FileLock.attempt(place, kind)
    return lock == nil
  }

  @Test func anotherProcessKeepsThisOneOutUntilItDies() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let holder = try Holder(file, in: folder)
    #expect(try isTaken(.file(file)))
    #expect(FileLock.isHeld(file))
    #expect(throws: SystemError(number: EWOULDBLOCK)) {
      _ = try FileLock.wait(for: .file(file), timeout: .milliseconds(30))
    }
    holder.kill()
    #expect(!FileLock.isHeld(file))
    #expect(try !isTaken(.file(file)))
  }

  @Test func thisProcessKeepsAnotherOut() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let trial = ["flock", "--nonblock", file, "true"]
    do {
      let lock = try FileLock.attempt(.file(file))
      let isOurs = lock != nil
      #expect(isOurs)
      #expect(throws: CommandFailed.self) { _ = try run(trial, in: folder) }
      withExtendedLifetime(lock) {}
    }
    #expect(throws: Never.self) { _ = try run(trial, in: folder) }
    var status = stat()
    #expect(stat(file, &status) == 0 && status.st_mode & 0o7777 == 0o600)
  }

  @Test func aLockIsSharedAmongThoseWhoShareIt() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let holder = try Holder(file, ["--shared"], in: folder)
    #expect(try !isTaken(.file(file), .shared))
    #expect(try isTaken(.file(file), .exclusive))
    // A shared lock is no hindrance to whoever looks.
    #expect(!FileLock.isHeld(file))
    holder.kill()
  }

  @Test func aFolderIsLockedWithoutAFileMore() throws {
    let folder = try TemporaryFolder()
    let place = folder.path("lab")
    #expect(mkdir(place, 0o700) == 0)
    let holder = try Holder(place, in: folder)
    #expect(try isTaken(.folder(place)))
    holder.kill()
    let lock = try FileLock.wait(for: .folder(place), timeout: .seconds(10))
    #expect(try isTaken(.folder(place)))
    withExtendedLifetime(lock) {}
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
  }

  @Test func aLockThatComesInTimeIsWaitedFor() async throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let holder = try Holder(file, in: folder)
    let (waits, told) = AsyncStream.makeStream(of: Void.self)
    async let taken: Bool = {
      let lock = try await FileLock.acquire(.file(file), timeout: .seconds(60)) { told.yield() }
      withExtendedLifetime(lock) {}
      return true
    }()
    for await _ in waits { break }
    holder.kill()
    #expect(try await taken)
  }

  @Test func waitingEndsWithItsTimeOrItsTask() async throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let holder = try Holder(file, in: folder)
    await #expect(throws: SystemError(number: EWOULDBLOCK)) {
      _ = try await FileLock.acquire(.file(file), timeout: .milliseconds(30))
    }
    let waiting = Task { _ = try await FileLock.acquire(.file(file)) }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    holder.kill()
  }

  /// Who waited for a lock whose file was removed meanwhile would hold one that nobody else looks at.
  @Test func aLockOfAFileThatIsGoneIsWorthNothing() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("lock")
    let holder = try Holder(file, in: folder)
    #expect(unlink(file) == 0)
    let lock = try FileLock.attempt(.file(file))
    let isOurs = lock != nil
    #expect(isOurs)
    #expect(FileLock.isHeld(file))
    withExtendedLifetime(lock) {}
    holder.kill()
  }

  @Test func whatCannotBeLockedIsAnError() throws {
    let folder = try TemporaryFolder()
    #expect(throws: SystemError(number: ENOENT)) {
      _ = try FileLock.attempt(.file(folder.path("nowhere/lock")))
    }
    #expect(throws: SystemError(number: ENOENT)) {
      _ = try FileLock.wait(for: .folder(folder.path("nowhere")), timeout: .seconds(10))
    }
    #expect(symlink("/nowhere", folder.path("link")) == 0)
    #expect(throws: SystemError(number: ELOOP)) {
      _ = try FileLock.attempt(.file(folder.path("link")))
    }
    #expect(!FileLock.isHeld(folder.path("nowhere/lock")))
  }

  @Test func theHolderSigns() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("an older, longer text".utf8), to: "lock")
    let lock = try FileLock.wait(for: .file(file), timeout: .seconds(10))
    lock.sign("\(getpid())\n")
    #expect(try folder.read("lock") == Array("\(getpid())\n".utf8))
  }
}
