import Glibc
import PiExchange

/// A file that appears under its name when it is complete, or not at all.
///
/// Where the file system can, the file has no name until then (O_TMPFILE), so that not even SIGKILL leaves a rest.
struct AtomicFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  /// nil while the file has no name at all.
  private var temporaryPath: String?

  /// Created 0600, in the folder of `path`.
  init(path: String) throws(ExchangeError) {
    var status = stat()
    if stat(path, &status) == 0 {
      // Renaming onto a device would take it away from the whole machine.
      switch status.st_mode & S_IFMT {
      case S_IFREG: break
      case S_IFDIR: throw Self.failure(path, "is a directory")
      default: throw Self.failure(path, "is there and is not a regular file")
      }
    }
    let created = try Self.create(for: path)
    self.path = path
    (descriptor, temporaryPath) = created
  }

  /// Refuses two files of one run that are the same file: one would replace the other.
  static func requireDistinct(_ paths: [String?]) throws(ExchangeError) {
    var seen: [(path: String, place: Place)] = []
    for path in paths.compactMap(\.self) {
      let place = Place(path)
      if let other = seen.first(where: { $0.place == place }) {
        throw ExchangeError(
          .usage, at: .arguments, "\(other.path) and \(path) are the same file",
          hint: "one would replace the other; name another file")
      }
      seen.append((path, place))
    }
  }

  /// Where a path leads: the file that is there, or the folder and name of one that is not.
  private struct Place: Equatable {
    var device: UInt?
    var inode: UInt?
    var name: String?

    init(_ path: String) {
      var status = stat()
      if stat(path, &status) != 0 {
        name = String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
        guard stat(AtomicFile.folder(of: path), &status) == 0 else { return }
      }
      device = status.st_dev
      inode = status.st_ino
    }
  }

  private static func create(
    for path: String
  ) throws(ExchangeError) -> (descriptor: Int32, temporaryPath: String?) {
    let flags = O_WRONLY | O_CLOEXEC
    let nameless = open(folder(of: path), flags | __O_TMPFILE | O_DIRECTORY, 0o600)
    if nameless >= 0 { return (nameless, nil) }
    let temporary = temporaryName(for: path)
    let named = open(temporary, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard named >= 0 else { throw failure(path, systemMessage()) }
    return (named, temporary)
  }

  deinit {
    if let temporaryPath { unlink(temporaryPath) }
    close(descriptor)
  }

  /// Number of the file system.
  var device: UInt? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_dev : nil
  }

  /// Whether `bytes` more fit on the file system, as far as it tells.
  func requireSpace(_ bytes: UInt64) throws(ExchangeError) {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0, status.f_blocks > 0 else { return }
    let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    guard free.overflow || free.partialValue >= bytes else {
      throw Self.failure(
        path, "needs \(bytes) bytes, the file system has \(free.partialValue) left")
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, systemMessage())
      }
      written += count
    }
  }

  /// Gives the file its name; what had the name before is replaced.
  mutating func publish() throws(ExchangeError) {
    let temporary = temporaryPath ?? Self.temporaryName(for: path)
    if temporaryPath == nil {
      // linkat(2) cannot replace a file, rename(2) can: hence both.
      let source = "/proc/self/fd/\(descriptor)"
      guard linkat(AT_FDCWD, source, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
        throw Self.failure(path, systemMessage())
      }
      temporaryPath = temporary
    }
    guard rename(temporary, path) == 0 else { throw Self.failure(path, systemMessage()) }
    temporaryPath = nil
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func temporaryName(for path: String) -> String {
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    return "\(folder(of: path))/.\(name.prefix(100)).\(getpid()).\(Monotonic.now % 1_000_000_007)"
  }

  private static func failure(_ path: String, _ message: String) -> ExchangeError {
    ExchangeError(
      .storageFailed, at: .store, "cannot write \(path): \(message)",
      hint: "no part of it was left behind")
  }
}
