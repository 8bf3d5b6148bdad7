import Glibc
import PiExchange

/// The image on the sender: a regular file of a size that must not change while it is sent.
struct ImageFile: ~Copyable {
  let byteCount: UInt64
  private let path: String
  private let descriptor: Int32
  private let modified: timespec

  init(path: String) throws(ExchangeError) {
    let descriptor = open(path, Self.openFlags)
    guard descriptor >= 0 else { throw Self.failure(path, systemMessage()) }
    let status: stat
    do {
      status = try Self.regularFile(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = UInt64(status.st_size)
    modified = status.st_mtim
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// A FIFO without a writer, or a device, must not hold open(2) up before it can be refused.
  static let openFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY

  private static func regularFile(
    _ descriptor: Int32, _ path: String
  ) throws(ExchangeError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, systemMessage()) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw failure(path, "is a directory")
    default: throw failure(path, "is not a regular file")
    }
    guard UInt64(status.st_size) <= Wire.maximumImageBytes else {
      throw failure(path, "is larger than 64 GiB")
    }
    // Files of /proc, and some of FUSE, say that they are empty and are not.
    var byte: UInt8 = 0
    guard status.st_size > 0 || pread(descriptor, &byte, 1, 0) == 0 else {
      throw failure(path, "has bytes but no size; send a copy of it")
    }
    return status
  }

  /// Reads exactly the next `buffer.count` bytes.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExchangeError) {
    var filled = 0
    while filled < buffer.count {
      let count = Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      if count == 0 { throw changed }
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, systemMessage())
      }
      filled += count
    }
  }

  /// Before the last piece goes out, so that a receiver never verifies a mixture of two versions.
  func requireUnchanged() throws(ExchangeError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, UInt64(status.st_size) == byteCount,
      status.st_mtim.tv_sec == modified.tv_sec, status.st_mtim.tv_nsec == modified.tv_nsec
    else { throw changed }
  }

  private var changed: ExchangeError { Self.failure(path, "changed while it was sent") }

  private static func failure(_ path: String, _ message: String) -> ExchangeError {
    ExchangeError(.imageUnreadable, at: .image, "cannot send \(path): \(message)")
  }
}
