import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HostKit

struct NewFileTests {
  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  @Test func whatIsThereStaysAndIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("new")
    func refusal() -> SystemFault? {
      #expect(throws: SystemFault.self) { _ = try NewFile(path) }
    }
    let kinds: [(String, () -> Int32)] = [
      ("a folder", { mkdir(path, 0o700) }), ("a FIFO", { mkfifo(path, 0o600) }),
      ("a link to /nowhere", { symlink("/nowhere", path) }),
      ("a file", { close(creat(path, 0o600)) }),
    ]
    for (words, make) in kinds {
      #expect(make() == 0)
      let fault = refusal()
      #expect(fault?.number == EEXIST && fault?.path == path)
      #expect(fault?.hint == "\(path) is there already, \(words): move it away, or name another")
      #expect(remove(path) == 0)
    }
    #expect(access("/nowhere", F_OK) != 0)
  }

  @Test func itHoldsAllThatIsWritten() throws {
    let folder = try TemporaryFolder()
    let big = [UInt8](repeating: 7, count: 3 << 20)
    let source = try folder.write(Array("of another".utf8), to: "source")
    let mask = umask(0o077)
    defer { umask(mask) }
    let file = try NewFile(folder.path("new"), permissions: 0o644)
    #expect(mode(file.path) == 0o600)
    try file.setPermissions(0o644)
    #expect(mode(file.path) == 0o644)
    try file.write(big)
    try file.write(contentsOf: source)
    try file.sync()
    #expect(try folder.read("new") == big + Array("of another".utf8))
    #expect(throws: SystemFault(ENOENT, path: folder.path("none"), .read)) {
      try file.write(contentsOf: folder.path("none"))
    }
  }

  @Test func aReleasedFileStaysOpen() throws {
    let folder = try TemporaryFolder()
    let descriptor = try NewFile(folder.path("new"), flags: O_APPEND).release()
    defer { close(descriptor) }
    try Descriptor.write(Array("kept".utf8), to: descriptor)
    #expect(try folder.read("new") == Array("kept".utf8))
  }

  @Test(arguments: [false, true]) func aReplacementAppearsWhole(_ durably: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("old".utf8), to: "file")
    try NewFile.replace(path, permissions: 0o640, durably: durably) { file throws(SystemFault) in
      try file.write(Array("new".utf8))
      #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
    }
    #expect(try folder.read("file") == Array("new".utf8))
    #expect(mode(path) == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  @Test func aFailureLeavesWhatWasThere() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("old".utf8), to: "file")
    #expect(throws: SystemFault(EIO, path: path, .read)) {
      try NewFile.replace(path) { file throws(SystemFault) in
        try file.write(Array("new".utf8))
        throw SystemFault(EIO, path: path, .read)
      }
    }
    #expect(try folder.read("file") == Array("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    // A folder cannot be replaced by a file.
    #expect(mkdir(folder.path("folder"), 0o700) == 0)
    #expect(throws: SystemFault.self) {
      try NewFile.replace(folder.path("folder")) { _ throws(SystemFault) in }
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        == ["file", "folder"])
  }

  @Test func whatADeadProcessLeftUnderAnOwnNameIsRemoved() throws {
    let folder = try TemporaryFolder()
    let partial = try folder.write(Array("half".utf8), to: "file.partial")
    try NewFile.replace(folder.path("file"), by: partial) { file throws(SystemFault) in
      try file.write(Array("whole".utf8))
    }
    #expect(try folder.read("file") == Array("whole".utf8))
    #expect(access(partial, F_OK) != 0)
  }

  @Test func temporaryNamesLieBesideAreHiddenAndDiffer() {
    let names = (0..<100).map { _ in TemporaryName.beside("/some/where/file") }
    #expect(Set(names).count == 100)
    #expect(names.allSatisfy { $0.hasPrefix("/some/where/.file.\(getpid()).") })
    // 255 bytes are all that a name may have, and no character is cut.
    let long = TemporaryName.beside("/x/" + String(repeating: "ä", count: 127))
    #expect(long.utf8.count < 160 && long.hasPrefix("/x/." + String(repeating: "ä", count: 50)))
  }

  private final class Received: Sendable {
    let data = Mutex(Data())
  }

  /// A pipe takes 64 KiB at once.
  @Test func whereThereIsNoRoomYetItIsWaitedFor() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (output, input) = (ends[0], ends[1])
    #expect(fcntl(input, F_SETFL, O_NONBLOCK) == 0)
    let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0) }
    let read = Received()
    let ended = DispatchSemaphore(value: 0)
    // A thread, for the writer holds this one.
    Thread.detachNewThread {
      let all = FileHandle(fileDescriptor: output, closeOnDealloc: true).readDataToEndOfFile()
      read.data.withLock { $0 = all }
      ended.signal()
    }
    try Descriptor.write(bytes, to: input)
    close(input)
    ended.wait()
    #expect(read.data.withLock { $0 } == Data(bytes))
  }

  @Test func whoeverReadsNoMoreIsAnError() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    #expect(throws: SystemError(number: EPIPE)) { try Descriptor.write([1], to: ends[1]) }
  }
}
