import Foundation

/// A regular file opened for reading at any offset. A pipe or a device is refused, never waited for.
struct FileBytes: ~Copyable {
  let path: String
  /// Bytes.
  let size: Int
  private let descriptor: Int32

  init(_ path: String) throws(FileBytesError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .init(path: path, reason: Self.lastError()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = Self.lastError()
      close(descriptor)
      throw .init(path: path, reason: reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .init(path: path, reason: "not a regular file")
    }
    self.path = path
    self.size = Int(status.st_size)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Up to `count` bytes from `offset`; fewer only where the file ends.
  borrowing func read(at offset: Int, count: Int) throws(FileBytesError) -> [UInt8] {
    let wanted = max(0, min(count, size - offset))
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let got = pread(
          descriptor, buffer.baseAddress! + filled, wanted - filled, off_t(offset + filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = Self.lastError()
          return
        }
      }
    }
    if let failure { throw .init(path: path, reason: failure) }
    return bytes
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}

struct FileBytesError: Error, Equatable, CustomStringConvertible {
  var path: String
  var reason: String

  var description: String { "\(path) cannot be read: \(reason)" }
}
