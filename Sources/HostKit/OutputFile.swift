import Glibc

//  regular file, or none ── written under no name, then renamed: whole, or as it was
//  file that cannot be renamed onto (mount point, another's folder) ── written in place
//  FIFO, character device, descriptor ── written into;  everything else ── refused

/// Writes files whose names come from users. Links are followed and stay, and nothing but a regular file is replaced.
public enum OutputFile {
  /// A FIFO that nobody reads is waited for that long, in milliseconds.
  static let fifoTimeout = 5000

  /// A file that is there keeps its permissions and its owner.
  /// - Parameter permissions: of a new file, less the umask.
  /// - Returns: where the bytes have gone, links followed.
  @discardableResult
  public static func write(
    _ bytes: [UInt8], to path: String, permissions: mode_t = 0o666
  ) throws(OutputFailure) -> OutputPlace {
    // Whoever makes or removes the file at the same moment does so once, hardly three times.
    for _ in 0..<3 {
      let place = try OutputPlace(path)
      if try write(bytes, to: place, permissions) { return place }
    }
    throw OutputFailure(path, "another program makes and removes it all the time")
  }

  /// Gives a finished file another name, as `write` gives one to bytes. Both names lie in one file system.
  public static func move(_ source: String, to path: String) throws(OutputFailure) {
    let place = try OutputPlace(path)
    switch place.kind {
    case .absent, .file:
      guard rename(source, place.path) == 0 else { throw OutputFailure(path, errno) }
    case .folder: throw OutputFailure(path, EISDIR)
    case .stream, .descriptor, .foreignDescriptor:
      throw OutputFailure(path, "is there and is not a regular file")
    case .other(let what): throw OutputFailure(path, "is \(what)")
    }
  }

  /// - Returns: false where something else has become of the place since it was looked at.
  private static func write(
    _ bytes: [UInt8], to place: OutputPlace, _ permissions: mode_t
  ) throws(OutputFailure) -> Bool {
    switch place.kind {
    case .absent: return try create(place.path, bytes, permissions)
    case .file: return try replace(place.path, bytes)
    case .folder: throw OutputFailure(place.path, EISDIR)
    case .other(let what): throw OutputFailure(place.path, "is \(what)")
    case .descriptor(let number):
      try fill(number, bytes, place.path)
    case .foreignDescriptor:
      try writeInto(place.path, bytes, O_APPEND)
    case .stream:
      try writeInto(place.path, bytes, 0)
    }
    return true
  }

  private static func create(
    _ path: String, _ bytes: [UInt8], _ permissions: mode_t
  ) throws(OutputFailure) -> Bool {
    var file = try HiddenFile(beside: path, permissions)
    try fill(file.descriptor, bytes, path)
    return try file.appear(as: path)
  }

  private static func replace(_ path: String, _ bytes: [UInt8]) throws(OutputFailure) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    do throws(OutputFailure) {
      var file = try HiddenFile(beside: path, 0o600)
      try fill(file.descriptor, bytes, path)
      if try file.take(from: status, to: path), try file.replace(path) { return true }
    } catch {
      guard [EACCES, EPERM, EROFS].contains(error.number) else { throw error }
    }
    // The folder is another's, or the file is, or is mounted: then the file itself may still be ours to write.
    try writeInto(path, bytes, O_TRUNC)
    return true
  }

  private static func writeInto(
    _ path: String, _ bytes: [UInt8], _ flags: Int32
  ) throws(OutputFailure) {
    let descriptor = try openPatiently(path, flags)
    do throws(OutputFailure) { try fill(descriptor, bytes, path) } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw OutputFailure(path, errno) }
  }

  /// Without O_NONBLOCK a FIFO that nobody reads would hold pilab for ever.
  private static func openPatiently(
    _ path: String, _ flags: Int32
  ) throws(OutputFailure) -> Int32 {
    let step = 20
    for waited in stride(from: 0, through: fifoTimeout, by: step) {
      let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
      }
      if errno == EINTR { continue }
      guard errno == ENXIO else { throw OutputFailure(path, errno) }
      if waited < fifoTimeout { usleep(UInt32(step) * 1000) }
    }
    throw OutputFailure(path, "nobody reads from it")
  }

  static func fill(
    _ descriptor: Int32, _ bytes: [UInt8], _ path: String
  ) throws(OutputFailure) {
    do throws(SystemError) { try Descriptor.write(bytes, to: descriptor) } catch {
      throw OutputFailure(path, error.number)
    }
  }
}

/// A file that has no name until it is whole; where the file system cannot have such, a hidden one.
private struct HiddenFile: ~Copyable {
  let descriptor: Int32
  private let path: String
  private var temporary: String?

  init(beside path: String, _ permissions: mode_t) throws(OutputFailure) {
    self.path = path
    // It gets its name by way of /proc.
    let nameless =
      access("/proc/self/fd", F_OK) != 0
      ? -1
      : open(
        OutputPlace.split(path).folder, O_WRONLY | O_CLOEXEC | __O_TMPFILE | O_DIRECTORY,
        permissions)
    if nameless >= 0 {
      descriptor = nameless
      return
    }
    let hidden = TemporaryName.beside(path)
    do throws(SystemFault) {
      descriptor = try NewFile(hidden, permissions: permissions).release()
    } catch { throw OutputFailure(path, error.number ?? EIO) }
    temporary = hidden
  }

  deinit {
    if let temporary { unlink(temporary) }
    close(descriptor)
  }

  /// Permissions and owner of the file that it will stand for.
  /// - Returns: false where only the old file itself can keep its owner.
  func take(from old: stat, to path: String) throws(OutputFailure) -> Bool {
    var new = stat()
    guard fstat(descriptor, &new) == 0 else { throw OutputFailure(path, errno) }
    if new.st_uid != old.st_uid || new.st_gid != old.st_gid {
      guard fchown(descriptor, old.st_uid, old.st_gid) == 0 else { return false }
    }
    guard fchmod(descriptor, old.st_mode & 0o7777) == 0 else { throw OutputFailure(path, errno) }
    return true
  }

  /// - Returns: false where something has taken the name.
  mutating func appear(as path: String) throws(OutputFailure) -> Bool {
    if let temporary {
      if link(temporary, path) == 0 { return true }
    } else if linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 {
      return true
    }
    if errno == EEXIST { return false }
    // A file system without second names.
    guard try giveName(path) else { return false }
    var status = stat()
    guard lstat(path, &status) != 0 else { return false }
    return try rename(to: path)
  }

  /// - Returns: false where no file can take the place of the one that is there.
  mutating func replace(_ path: String) throws(OutputFailure) -> Bool {
    guard try giveName(path) else { return false }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    return try rename(to: path)
  }

  private var source: String { "/proc/self/fd/\(descriptor)" }

  private mutating func giveName(_ path: String) throws(OutputFailure) -> Bool {
    guard temporary == nil else { return true }
    let hidden = TemporaryName.beside(self.path)
    guard linkat(AT_FDCWD, source, AT_FDCWD, hidden, AT_SYMLINK_FOLLOW) == 0 else {
      throw OutputFailure(path, errno)
    }
    temporary = hidden
    return true
  }

  private mutating func rename(to path: String) throws(OutputFailure) -> Bool {
    guard let temporary else { return false }
    guard Glibc.rename(temporary, path) == 0 else {
      if errno == EBUSY { return false }
      throw OutputFailure(path, errno)
    }
    self.temporary = nil
    return true
  }
}
