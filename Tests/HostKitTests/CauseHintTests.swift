import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import HostKit

/// One cause, one hint: what is said follows from what is in the way.
struct CauseHintTests {
  private func hint(_ number: Int32, _ path: String, _ deed: SystemFault.Deed = .make) -> String {
    SystemFault(number, path: path, deed).hint ?? ""
  }

  @Test func fileInTheWayIsNamed() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([], to: ".pilab")
    let fault = #expect(throws: SystemFault.self) { try Folder.make("\(file)/lab/runs") }
    #expect(fault?.number == ENOTDIR)
    #expect(fault?.hint == "\(file) is there already, and is not a folder: move it away")
    #expect(throws: SystemFault(ENOTDIR, path: file, .read)) { _ = try Folder.exists(file) }
  }

  @Test func danglingLinkIsNamedWithItsTarget() throws {
    let folder = try TemporaryFolder()
    let link = folder.path("link")
    try #require(symlink("nowhere", link) == 0)
    let made = #expect(throws: SystemFault.self) { try Folder.make("\(link)/lab") }
    #expect(made?.number == ENOENT)
    #expect(made?.hint?.hasPrefix("\(link) is a link to nowhere which is not there") == true)
    let found = #expect(throws: SystemFault.self) { _ = try Folder.exists("\(link)/lab") }
    #expect(found?.hint == made?.hint)
    #expect(try !Folder.exists(folder.path("none")))
  }

  @Test func loopAndLongNamesAreSaidAsSuch() throws {
    let folder = try TemporaryFolder()
    let link = folder.path("round")
    try #require(symlink("round", link) == 0)
    let loop = #expect(throws: SystemFault.self) { _ = try Folder.exists(link) }
    #expect(loop?.number == ELOOP)
    #expect(loop?.hint == "\(link) is a link that leads back to itself: remove it")
    let long = folder.path(String(repeating: "n", count: 300))
    let fault = #expect(throws: SystemFault.self) { try Folder.make(long) }
    #expect(fault?.number == ENAMETOOLONG)
    #expect(fault?.hint?.contains("too long") == true)
  }

  @Test(
    arguments: [
      (ENOSPC, "the disk is full"), (EDQUOT, "quota"), (EMFILE, "ulimit -n"),
      (ENFILE, "whole machine"),
      (EFBIG, "ulimit -f"), (EAGAIN, "ulimit -u"), (EIO, "dmesg"), (EISDIR, "is a folder"),
      (ETXTBSY, "running"), (ENOEXEC, "processor"), (EROFS, "read-only"),
      (EXDEV, "another file system"),
    ] as [(Int32, String)])
  func numberHasItsHint(_ number: Int32, _ words: String) throws {
    let folder = try TemporaryFolder()
    #expect(hint(number, folder.path).contains(words))
    #expect(!hint(number, folder.path).contains("another user"))
  }

  @Test func shellWordsAreQuoted() {
    #expect("/a/b-c.d".quoted == "/a/b-c.d")
    #expect("/a b/it's".quoted == #"'/a b/it'\''s'"#)
  }
}

/// Errors of libraries become the operating system's words, never the names of domains, types and cases.
struct ErrorWordsTests {
  private enum Odd: Error { case somethingInside }

  @Test func foundationsErrorsBecomeTheSystemsWords() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([], to: "file")
    do {
      try FileManager.default.createDirectory(
        atPath: "\(file)/below/it", withIntermediateDirectories: true)
      Issue.record("a folder was made below a file")
    } catch {
      let words = ErrorWords.words(of: error)
      #expect(!words.contains("Cocoa"))
      #expect(!words.contains("operation could not be completed"))
    }
    do {
      _ = try Data(contentsOf: URL(filePath: folder.path("none")))
    } catch {
      #expect(ErrorWords.words(of: error) == "No such file or directory")
      #expect(SystemFault(error, path: folder.path("none"), .read).number == ENOENT)
    }
    #expect(ErrorWords.words(of: CocoaError(.fileWriteOutOfSpace)) == "No space left on device")
    #expect(SystemFault(CocoaError(.fileWriteOutOfSpace), .write).isLackOfSpace)
  }

  @Test func otherErrors() {
    #expect(ErrorWords.words(of: Errno.tooManyOpenFiles) == "Too many open files")
    #expect(ErrorWords.words(of: POSIXError(.EROFS)) == "Read-only file system")
    #expect(ErrorWords.words(of: CancellationError()) == "told to stop")
    #expect(!ErrorWords.words(of: Odd.somethingInside).contains("somethingInside"))
    struct Wanted: Decodable { var a: [Int] }
    do { _ = try JSONDecoder().decode(Wanted.self, from: Data(#"{"a":[1,"x"]}"#.utf8)) } catch {
      let words = ErrorWords.words(of: error)
      #expect(words.hasPrefix("a."))
      #expect(!words.contains("typeMismatch"))
      #expect(!words.contains("DecodingError"))
    }
  }
}

/// The words of a tool name a cause as well as a number does.
struct ToolWordsTests {
  @Test(arguments: [
    ("cp: error writing 'x': No space left on device", "the disk is full"),
    ("nsenter: failed to execute ./x: Exec format error", "processor"),
    ("RTNETLINK answers: Too many open files", "ulimit -n"),
    ("VBoxManage: error: x (VERR_DISK_FULL)", "the disk is full"),
    ("mount: /run: Read-only file system.", "read-only"),
    (
      "error: Could not create a directory '/proc/no/x' (VERR_FILE_NOT_FOUND)",
      "/proc is made by the kernel"
    ),
    ("error: Could not create a directory '/proc/stat/x' (VERR_PATH_NOT_FOUND)", "is not a folder"),
    ("error: Could not open '/tmp/no.vdi' (VERR_FILE_NOT_FOUND)", "there is no /tmp/no.vdi"),
  ])
  func toolsSayTheCause(_ words: String, _ hint: String) {
    #expect(ToolWords.hint(words, path: "/tmp")?.contains(hint) == true)
  }

  @Test func unknownWordsHaveNoHint() {
    #expect(ToolWords.hint("RTNETLINK answers: File exists is no cause known") == nil)
    #expect(ToolWords.hint("") == nil)
  }

  @Test func pathsAreFound() {
    #expect(
      ToolWords.pathNamed(in: "Cannot create directory '/no/such': Permission denied") == "/no/such"
    )
    #expect(ToolWords.pathNamed(in: "mkdir: /a/b: Permission denied") == "/a/b")
    #expect(ToolWords.pathNamed(in: "Permission denied") == nil)
  }
}
