import Glibc

/// Copies files without passing their bytes through this process where the kernel can do better.
public enum FileCopy {
  /// FICLONE of linux/fs.h, `_IOW(0x94, 9, int)`, which Swift cannot import.
  private static let cloneRequest: UInt = 0x4004_9409

  /// Copies a regular file: shares its blocks where the file system can, else the kernel copies.
  /// The destination appears with exactly `permissions`; it must not exist unless `replace`.
  public static func copy(
    from source: String, to destination: String, permissions: UInt32, replace: Bool = false
  ) throws {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw SystemError.last }
    defer { close(input) }
    var status = stat()
    guard fstat(input, &status) == 0 else { throw SystemError.last }
    guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(number: EINVAL) }
    if replace, unlink(destination) != 0, errno != ENOENT { throw SystemError.last }
    let output = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
    guard output >= 0 else { throw SystemError.last }
    defer { close(output) }
    do {
      try fill(output, from: input)
      // open's mode is cut by the umask.
      guard fchmod(output, permissions) == 0 else { throw SystemError.last }
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

  private static func fill(_ output: Int32, from input: Int32) throws {
    if ioctl(output, cloneRequest, input) == 0 { return }
    while true {
      let sent = sendfile(output, input, nil, 1 << 30)
      if sent == 0 { return }
      if sent < 0, errno != EINTR { throw SystemError.last }
    }
  }
}
