import Glibc

/// Copies files without passing their bytes through this process where the kernel can do better. Holes stay holes.
public enum FileCopy {
  /// FICLONE of linux/fs.h, `_IOW(0x94, 9, int)`, which Swift cannot import.
  private static let cloneRequest: UInt = 0x4004_9409
  /// lseek(2)'s, of unistd.h, which Swift sees only without _GNU_SOURCE.
  private static let (seekData, seekHole): (Int32, Int32) = (3, 4)
  private static let pieceLength = 1 << 26
  private static let bufferLength = 1 << 20

  /// Copies a regular file: shares its blocks where the file system can, else the kernel copies.
  /// The destination appears with exactly `permissions`; it must not exist unless `replace`.
  /// - Parameter check: called between pieces; what it throws ends the copying.
  public static func copy(
    from source: String, to destination: String, permissions: UInt32, replace: Bool = false,
    check: () throws -> Void = {}
  ) throws {
    // A file that gives nothing yet, as some of /proc, must not hold pilab.
    let input = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard input >= 0 else { throw SystemError.last }
    defer { close(input) }
    var status = stat()
    guard fstat(input, &status) == 0 else { throw SystemError.last }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(number: EINVAL) }
    if replace, unlink(destination) != 0, errno != ENOENT { throw SystemError.last }
    let output = try NewFile(destination, permissions: permissions)
    do {
      try fill(output.descriptor, from: input, size: status.st_size, check)
      try output.setPermissions(permissions)
    } catch {
      unlink(destination)
      throw error
    }
  }

  /// Gives a file a second name, or copies it where the destination lies on another file system.
  /// The destination must not exist.
  public static func link(from source: String, to destination: String) throws {
    if Glibc.link(source, destination) == 0 { return }
    guard errno == EXDEV || errno == EPERM || errno == EMLINK else { throw SystemError.last }
    try copy(from: source, to: destination, permissions: 0o600)
  }

  private static func fill(
    _ output: Int32, from input: Int32, size: off_t, _ check: () throws -> Void
  ) throws {
    if ioctl(output, cloneRequest, input) == 0 { return }
    var position: off_t = 0
    // As long as it was at the beginning: one that grows would have no end.
    while position < size {
      let extent = try nextData(of: input, from: position, size)
      let reached = try copy(extent, of: input, to: output, check)
      position = extent.upperBound
      guard reached == position else {
        // It has become shorter, or never was as long as the system says.
        guard ftruncate(output, reached) == 0 else { throw SystemError.last }
        return
      }
    }
    guard ftruncate(output, size) == 0 else { throw SystemError.last }
  }

  /// What is stored next; empty at the end where only a hole is left.
  private static func nextData(
    of input: Int32, from position: off_t, _ size: off_t
  ) throws -> Range<off_t> {
    let start = lseek(input, position, seekData)
    if start < 0 {
      if errno == ENXIO { return size..<size }
      // It does not know of holes.
      return position..<size
    }
    guard start < size else { return size..<size }
    let end = lseek(input, start, seekHole)
    return start..<(end > start ? min(end, size) : size)
  }

  /// - Returns: how far it came: less than the range's end where the file ends before.
  private static func copy(
    _ range: Range<off_t>, of input: Int32, to output: Int32, _ check: () throws -> Void
  ) throws -> off_t {
    var position = range.lowerBound
    guard !range.isEmpty else { return position }
    guard lseek(output, position, SEEK_SET) == position else { throw SystemError.last }
    while position < range.upperBound {
      try check()
      let count = min(pieceLength, Int(range.upperBound - position))
      let sent = sendfile(output, input, &position, count)
      if sent > 0 || sent < 0 && errno == EINTR { continue }
      guard sent == 0 || errno == EINVAL || errno == ENOSYS else { throw SystemError.last }
      // sendfile gives nothing of some files that can be read all the same.
      let moved = try pass(input, &position, min(count, bufferLength), to: output)
      if moved == 0 { break }
    }
    return position
  }

  /// By way of this process. Both files stand at `position`, which is moved on.
  private static func pass(
    _ input: Int32, _ position: inout off_t, _ count: Int, to output: Int32
  ) throws -> Int {
    try withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) { buffer in
      var got = 0
      repeat {
        got = pread(input, buffer.baseAddress, count, position)
      } while got < 0
        && errno == EINTR
      guard got >= 0 else { throw SystemError.last }
      try Descriptor.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]), to: output)
      position += off_t(got)
      return got
    }
  }
}
