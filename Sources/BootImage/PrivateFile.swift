import Foundation

/// A file that appears by rename when it is complete; for its owner alone unless told otherwise.
struct PrivateFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  static func write(
    _ path: String, permissions: UInt32 = 0o600,
    _ body: (borrowing PrivateFile) throws(ImageError) -> Void
  ) throws(ImageError) {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
    do throws(ImageError) {
      let file = try PrivateFile(temporary)
      try body(file)
      // open's mode is cut by the umask.
      guard fchmod(file.descriptor, permissions) == 0 else { throw Self.failure(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw Self.failure(path, number)
    }
  }

  private init(_ path: String) throws(ImageError) {
    let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw Self.failure(path) }
    descriptor = opened
    self.path = path
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws(ImageError) {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Self.failure(path) }
      done += written
    }
  }

  /// The kernel copies; nothing passes this process.
  func copy(contentsOf source: String) throws(ImageError) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw Self.failure(source) }
    defer { close(input) }
    while true {
      let sent = sendfile(descriptor, input, nil, 1 << 30)
      if sent == 0 { return }
      guard sent > 0 || errno == EINTR else { throw Self.failure(path) }
    }
  }

  static func failure(_ path: String, _ number: Int32 = errno) -> ImageError {
    ImageError(
      .cacheUnusable, "cannot write \(path)",
      hint: number == ENOSPC ? "make room on the disk; 'pilab image prune' may help" : nil,
      cause: String(cString: strerror(number)))
  }
}

enum FileKind {
  /// The length of a regular file; nil for anything else.
  static func regularSize(_ path: String) -> UInt64? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return UInt64(status.st_size)
  }
}
