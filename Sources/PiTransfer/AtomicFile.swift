import Glibc
import PiExchange

/// A file that appears under its name when it is complete, or not at all.
///
/// Where the file system can, the file has no name until then (O_TMPFILE), so that not even SIGKILL leaves a rest.
package struct AtomicFile: ~Copyable {
  private static let longestPath = 4095  // PATH_MAX less the terminator

  /// As it was given, for messages.
  private let path: String
  private let target: OutputPath
  private let descriptor: Int32
  /// nil while the file has no name at all.
  private var temporaryPath: String?
  private var isSynced = false
  /// Nil where the file need not outlast a power failure.
  private let durability: Durability?
  /// Of the folder, to bring the file's name to the disk; -1 where nobody does.
  private let folderDescriptor: Int32

  /// Created 0600, in the folder of `path`. All that can be known to stand in the way of `publish` is refused now,
  /// not when the image has been sent.
  package init(path: String, durability: Durability? = nil) throws(ExchangeError) {
    let target = try OutputPath(path)
    let folder = durability == nil ? -1 : try Self.open(folder: target, path)
    do throws(ExchangeError) {
      (descriptor, temporaryPath) = try Self.create(target, path)
    } catch {
      if folder >= 0 { close(folder) }
      throw error
    }
    self.path = path
    self.target = target
    self.durability = durability
    folderDescriptor = folder
  }

  private static func open(folder target: OutputPath, _ path: String) throws(ExchangeError) -> Int32
  {
    let folder = Glibc.open(target.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw failure(path, "cannot open its folder to bring it to the disk: \(systemMessage())")
    }
    return folder
  }

  private static func create(
    _ target: OutputPath, _ path: String
  ) throws(ExchangeError) -> (descriptor: Int32, temporaryPath: String?) {
    let temporary = temporaryPath(in: target.folder)
    guard temporary.utf8.count <= longestPath else {
      throw failure(path, systemMessage(ENAMETOOLONG))
    }
    let flags = O_WRONLY | O_CLOEXEC
    // Without /proc a file without a name could not be given one.
    if access("/proc/self/fd", X_OK) == 0 {
      let nameless = Glibc.open(target.folder, flags | __O_TMPFILE | O_DIRECTORY, 0o600)
      if nameless >= 0 { return (nameless, nil) }
    }
    let named = Glibc.open(temporary, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard named >= 0 else { throw failure(path, systemMessage()) }
    return (named, temporary)
  }

  deinit {
    if let temporaryPath { unlink(temporaryPath) }
    close(descriptor)
    if folderDescriptor >= 0 { close(folderDescriptor) }
  }

  /// By which what is written can be read, as long as the file is not published.
  package var readingPath: String { temporaryPath ?? "/proc/self/fd/\(descriptor)" }

  /// Number of the file system.
  package var device: dev_t? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_dev : nil
  }

  /// Whether `bytes` more fit on the file system and below the limit on the size of files, as far as they tell.
  package func requireSpace(_ bytes: UInt64) throws(ExchangeError) {
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit) == 0,
      bytes > UInt64(limit.rlim_cur)
    {
      throw Self.failure(
        path, "needs \(bytes) bytes, files of this process may have \(limit.rlim_cur) (ulimit -f)")
    }
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0, status.f_blocks > 0 else { return }
    let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    guard free.overflow || free.partialValue >= bytes else {
      throw Self.failure(
        path, "needs \(bytes) bytes, the file system has \(free.partialValue) left")
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(ExchangeError) {
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

  /// Brings the complete file to the disk, where it is to be durable, and gives it a temporary name, where it has none.
  package mutating func prepare() throws(ExchangeError) {
    if !isSynced { try durability?.apply(to: descriptor, of: path) }
    isSynced = true
    guard temporaryPath == nil else { return }
    let temporary = Self.temporaryPath(in: target.folder)
    // linkat(2) cannot replace a file, rename(2) can: hence both.
    let source = "/proc/self/fd/\(descriptor)"
    guard linkat(AT_FDCWD, source, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
      throw Self.failure(path, systemMessage())
    }
    temporaryPath = temporary
    try durability?.applyToFirstName(of: descriptor, path)
  }

  /// Gives the file its name; a regular file that had the name before is replaced. A name that is to be durable and cannot
  /// be is taken back.
  package mutating func publish() throws(ExchangeError) {
    try prepare()
    guard let temporary = temporaryPath else { return }
    try target.requireReplaceable(path)
    guard rename(temporary, target.path) == 0 else {
      let reason = systemMessage()
      // Its name stays in mind: without it the file would be taken for published.
      let isLeft = unlink(temporary) != 0
      throw Self.failure(path, reason, hint: isLeft ? "remove \(temporary)" : nil)
    }
    temporaryPath = nil
    do throws(ExchangeError) { try durability?.apply(to: folderDescriptor, of: path) } catch {
      guard unlink(target.path) == 0 else {
        throw ExchangeError(
          error.code, at: error.step, error.message, hint: "remove \(target.path)")
      }
      throw error
    }
  }

  /// Removes the published file again.
  func withdraw() {
    if temporaryPath == nil { unlink(target.path) }
  }

  /// Short whatever the file's own name is: that may be as long as the file system allows.
  private static func temporaryPath(in folder: String) -> String {
    "\(folder)/.pilab-\(getpid())-\(Monotonic.now % 1_000_000_007)"
  }

  static func failure(_ path: String, _ message: String, hint: String? = nil) -> ExchangeError {
    ExchangeError(
      .storageFailed, at: .store, "cannot write \(path): \(message)",
      hint: hint ?? "no part of it was left behind")
  }
}
