import Foundation
import PiCrypto

/// Proof taken from the files themselves after an exchange, in constant memory.
enum Evidence {
  private static let blockSize = 1 << 20

  /// SHA-256 of a file, lower-case hexadecimal.
  static func sha256(of path: String) throws(RunError) -> String {
    var hash = SHA256()
    let file = try InputFile(path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      if Task.isCancelled { throw .cancelled }
      let count = try file.read(into: buffer)
      if count == 0 { return Hex.encode(hash.finalize()) }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Whether two files have the same bytes.
  static func areIdentical(_ a: String, _ b: String) throws(RunError) -> Bool {
    let fileA = try InputFile(a)
    let fileB = try InputFile(b)
    let bufferA = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
    let bufferB = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
    defer {
      bufferA.deallocate()
      bufferB.deallocate()
    }
    while true {
      if Task.isCancelled { throw .cancelled }
      let (countA, countB) = (try fileA.read(into: bufferA), try fileB.read(into: bufferB))
      guard countA == countB else { return false }
      if countA == 0 { return true }
      guard let baseA = bufferA.baseAddress, let baseB = bufferB.baseAddress,
        memcmp(baseA, baseB, countA) == 0
      else { return false }
    }
  }
}

/// A file that is read once from its beginning to its end.
private struct InputFile: ~Copyable {
  let path: String
  private let descriptor: Int32

  init(_ path: String) throws(RunError) {
    self.path = path
    // Without waiting for whoever might write into a FIFO.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.unreadable(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Self.unreadable(path, cause: "it is not a regular file")
    }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// Fills the buffer as far as the file goes; fewer bytes mean its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RunError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = Foundation.read(descriptor, rest.baseAddress, rest.count)
      if count == 0 { break }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.unreadable(path) }
      filled += count
    }
    return filled
  }

  private static func unreadable(_ path: String, cause: String = systemMessage()) -> RunError {
    RunError(
      "file_unreadable", "cannot read \(path)", step: "verify", cause: cause,
      status: .environmentUnfit)
  }
}
