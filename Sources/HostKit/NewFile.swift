import Glibc

/// A file that this process makes where nothing is: no file, no link, not even one that leads nowhere. For its owner alone
/// unless told otherwise.
public struct NewFile: ~Copyable {
  /// Where it was made.
  public let path: String
  /// Open for writing, for calls that have no method here.
  public private(set) var descriptor: Int32

  /// Makes an empty file.
  /// - Parameters:
  ///   - permissions: less the umask.
  ///   - flags: more of open(2)'s: O_APPEND.
  /// - Throws: EEXIST where something is there, with a hint that says what.
  public init(
    _ path: String, permissions: mode_t = 0o600, flags: Int32 = 0
  ) throws(SystemFault) {
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags, permissions)
    self.path = path
    guard descriptor >= 0 else { throw SystemFault(path: path, .make) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The open file, for who closes it themselves.
  public consuming func release() -> Int32 {
    let released = descriptor
    descriptor = -1
    return released
  }

  /// Writes all of the bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemFault) {
    do throws(SystemError) { try Descriptor.write(bytes, to: descriptor) } catch {
      throw SystemFault(error, path: path, .write)
    }
  }

  /// Writes all of the bytes.
  public func write(_ bytes: [UInt8]) throws(SystemFault) {
    do throws(SystemError) { try Descriptor.write(bytes, to: descriptor) } catch {
      throw SystemFault(error, path: path, .write)
    }
  }

  /// Writes what another file holds; the kernel copies, and nothing passes this process.
  public func write(contentsOf source: String) throws(SystemFault) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw SystemFault(path: source, .read) }
    defer { close(input) }
    while true {
      let sent = sendfile(descriptor, input, nil, 1 << 30)
      if sent == 0 { return }
      guard sent > 0 || errno == EINTR else { throw SystemFault(path: path, .write) }
    }
  }

  /// Gives it exactly these permissions, whatever the umask is.
  public func setPermissions(_ permissions: mode_t) throws(SystemFault) {
    guard fchmod(descriptor, permissions) == 0 else { throw SystemFault(path: path, .write) }
  }

  /// Returns when its bytes are on the disk.
  public func sync() throws(SystemFault) {
    guard fsync(descriptor) == 0 else { throw SystemFault(path: path, .write) }
  }

  /// A file of pilab's own that appears under its name when it is whole, by rename; what had the name is replaced. Files
  /// that users name are for `OutputFile`.
  /// - Parameters:
  ///   - permissions: exactly these.
  ///   - temporary: a name that is this caller's alone, as while a lock is held: what one that died has left there is
  ///     removed. Nil for a name that nothing has.
  ///   - durably: after a crash of the machine there is the old file or the new one.
  ///   - fill: writes it.
  public static func replace(
    _ path: String, permissions: mode_t = 0o600, by temporary: String? = nil,
    durably: Bool = false, _ fill: (borrowing NewFile) throws(SystemFault) -> Void
  ) throws(SystemFault) {
    if let temporary { unlink(temporary) }
    let temporary = temporary ?? TemporaryName.beside(path)
    do throws(SystemFault) {
      let file = try NewFile(temporary)
      try fill(file)
      try file.setPermissions(permissions)
      if durably { try file.sync() }
      guard rename(temporary, path) == 0 else { throw SystemFault(path: path, .make) }
    } catch {
      // One that stands there is not ours.
      if error.number != EEXIST { unlink(temporary) }
      throw error
    }
    if durably { try Folder.sync(OutputPlace.split(path).folder) }
  }
}

/// Names for files that are not yet what they are to be.
public enum TemporaryName {
  /// Room for the mark, of the 255 bytes that a name may have.
  private static let longestKept = 100

  /// Beside the file and hidden, with a mark that no other has.
  public static func beside(_ path: String) -> String {
    let (folder, name) = OutputPlace.split(path)
    var bytes = name.utf8.prefix(longestKept)
    // A name is not cut inside of a character.
    while String(bytes) == nil { bytes = bytes.dropLast() }
    return "\(folder)/.\(String(bytes) ?? "").\(getpid()).\(UInt32.random(in: 0 ... .max))"
  }
}

/// What read(2) and write(2) leave to do.
public enum Descriptor {
  /// All that an open file or pipe gives, waited for where it has nothing yet.
  /// - Throws: `.larger` before much more than `limit` bytes are held.
  public static func read(
    _ descriptor: Int32, limit: Int
  ) throws(RegularFile.Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += piece.prefix(count)
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw RegularFile.problem(.last)
      }
    }
    throw .larger(than: limit)
  }

  /// Writes all of the bytes, and waits where there is no room yet.
  public static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32)
    throws(SystemError)
  {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw .last
      }
    }
  }

  /// Writes all of the bytes, and waits where there is no room yet.
  public static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
    let failure: SystemError? = bytes.withUnsafeBytes { bytes in
      do throws(SystemError) { try write(bytes, to: descriptor) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }
}
