import Foundation
import TestSupport
import Testing

@testable import HostKit

/// What is there before, what is there after.
struct OutputFileTests {
  private let text = Array("new".utf8)

  private func content(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func kind(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  @Test func newFileHasTheUsersPermissions() throws {
    try withTemporaryFolder { folder in
      let place = try OutputFile.write(text, to: "\(folder)/new")
      #expect(place.kind == .absent)
      #expect(try content("\(folder)/new") == "new")
      #expect(try names(folder) == ["new"])
      let mask = umask(0)
      umask(mask)
      var status = stat()
      #expect(stat("\(folder)/new", &status) == 0 && status.st_mode & 0o7777 == 0o666 & ~mask)
    }
  }

  @Test func fileIsReplacedWholeAndKeepsItsPermissions() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/old"
      try Data("a longer text".utf8).write(to: URL(fileURLWithPath: path))
      chmod(path, 0o640)
      let reader = open(path, O_RDONLY)
      defer { close(reader) }
      try OutputFile.write(text, to: path)
      #expect(try content(path) == "new")
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
      // Who had it open still reads the old one.
      let old = try FileHandle(fileDescriptor: reader, closeOnDealloc: false).readToEnd()
      #expect(old == Data("a longer text".utf8))
      #expect(try names(folder) == ["old"])
    }
  }

  @Test(arguments: ["relative", "absolute", "chain", "dangling", "folder"])
  func linksStay(_ form: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/there", withIntermediateDirectories: true)
      let target = "\(folder)/there/file"
      if form != "dangling" { try Data("old".utf8).write(to: URL(fileURLWithPath: target)) }
      var path = "\(folder)/link"
      switch form {
      case "absolute": #expect(symlink(target, path) == 0)
      case "chain":
        #expect(symlink("second", path) == 0 && symlink("there/file", "\(folder)/second") == 0)
      case "folder":
        #expect(symlink("there", path) == 0)
        path += "/file"
      default: #expect(symlink("there/file", path) == 0)
      }
      try OutputFile.write(text, to: path)
      #expect(kind("\(folder)/link") == S_IFLNK)
      #expect(try content(target) == "new")
      #expect(try names("\(folder)/there") == ["file"])
    }
  }

  @Test func linksInACircleAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(symlink("b", "\(folder)/a") == 0 && symlink("a", "\(folder)/b") == 0)
      #expect { try OutputFile.write(text, to: "\(folder)/a") } throws: {
        ($0 as? OutputFailure)?.number == ELOOP
      }
      #expect(try names(folder) == ["a", "b"])
    }
  }

  @Test func fifoIsWrittenInto() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/fifo"
      #expect(mkfifo(path, 0o600) == 0)
      // Opened without waiting, so that the writer finds a reader.
      let reader = open(path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      try OutputFile.write(text, to: path)
      var bytes = [UInt8](repeating: 0, count: 10)
      #expect(read(reader, &bytes, 10) == 3)
      #expect(bytes[..<3] == text[...])
      #expect(kind(path) == S_IFIFO)
    }
  }

  @Test func fifoWithoutReaderIsRefusedInTime() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/fifo"
      #expect(mkfifo(path, 0o600) == 0)
      #expect { try OutputFile.write(text, to: path) } throws: {
        "\($0)" == "nobody reads from it"
      }
      #expect(kind(path) == S_IFIFO)
    }
  }

  /// Shells give programs such names: /dev/fd/N of `>(command)`, /dev/stdout.
  @Test func descriptorGetsTheBytesWhereItStands() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/log"
      let log = open(path, O_RDWR | O_CREAT, 0o600)
      defer { close(log) }
      #expect(write(log, "before ", 7) == 7)
      for name in ["/dev/fd/\(log)", "/proc/self/fd/\(log)", "/proc/\(getpid())/fd/\(log)"] {
        #expect(try OutputFile.write(text, to: name).kind == .descriptor(log))
      }
      #expect(symlink("/dev/fd/\(log)", "\(folder)/out") == 0)
      try OutputFile.write(text, to: "\(folder)/out")
      #expect(try content(path) == "before newnewnewnew")
      #expect(unlink(path) == 0)
      try OutputFile.write(text, to: "/dev/fd/\(log)")
      #expect(lseek(log, 0, SEEK_END) == 22)
      #expect(try names(folder) == ["out"])
    }
  }

  @Test func foldersAndSocketsAreRefused() throws {
    try withTemporaryFolder { folder in
      #expect { try OutputFile.write(text, to: folder) } throws: {
        ($0 as? OutputFailure)?.number == EISDIR
      }
      #expect { try OutputFile.write(text, to: "\(folder)/none/file") } throws: {
        ($0 as? OutputFailure)?.number == ENOENT
      }
      let socket = "\(folder)/socket"
      let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
      let isBound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(isBound == 0)
      #expect { try OutputFile.write(text, to: socket) } throws: { "\($0)" == "is a socket" }
      #expect(kind(socket) == S_IFSOCK)
    }
  }

  /// Devices, as root can make them: of their own, so that nothing happens to the machine's.
  @Test(.enabled(if: geteuid() == 0, "needs root")) func devicesStay() throws {
    try withTemporaryFolder { folder in
      let (null, full, block) = ("\(folder)/null", "\(folder)/full", "\(folder)/block")
      guard mknod(null, S_IFCHR | 0o666, 1 << 8 | 3) == 0,
        mknod(full, S_IFCHR | 0o666, 1 << 8 | 7) == 0, mknod(block, S_IFBLK | 0o666, 7 << 8) == 0
      else { return }
      // Some file systems take no devices: then there is nothing to write into.
      let canOpen = access(null, W_OK) == 0
      if canOpen {
        try OutputFile.write(text, to: null)
        #expect { try OutputFile.write(text, to: full) } throws: {
          ($0 as? OutputFailure)?.number == ENOSPC
        }
      }
      #expect { try OutputFile.write(text, to: block) } throws: { "\($0)" == "is a block device" }
      #expect(kind(null) == S_IFCHR && kind(full) == S_IFCHR && kind(block) == S_IFBLK)
      #expect(try names(folder) == ["block", "full", "null"])
    }
  }

  @Test func placesOfFolders() throws {
    try withTemporaryFolder { folder in
      let real = try OutputPlace(folder)
      #expect(real.kind == .folder)
      for suffix in ["/", "/.", "//", "/x/.."] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/x", withIntermediateDirectories: true)
        #expect(try OutputPlace(folder + suffix) == real)
      }
      #expect(try OutputPlace("\(folder)/none").kind == .absent)
      #expect(try OutputPlace("\(folder)/none/deeper").kind == .absent)
    }
  }
}
