import Foundation
import PiCrypto

/// A regular file that is open for reading. What is none, as a pipe or a device, is refused and never waited for.
public final class RegularFile: Sendable {
  /// Why there is nothing to read.
  public enum Problem: Error, Equatable {
    case missing
    case folder
    /// A pipe, a socket or a device.
    case special
    case unreadable(SystemError)
    case larger(than: Int)
  }

  /// As it was given.
  public let path: String
  /// Bytes, when it was opened.
  public let size: Int64
  /// For calls that have no method here. Its position is nobody's: all reading here says where.
  public let descriptor: Int32
  /// The user that it belongs to.
  public let owner: uid_t

  private static let pieceLength = 1 << 20

  /// Opens a file.
  /// - Parameter followsLinks: false where a link is nothing that may stand there (ELOOP).
  public init(_ path: String, followsLinks: Bool = true) throws(Problem) {
    // O_NONBLOCK: a FIFO without a writer must not hold us; regular files ignore it.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
    let descriptor = open(path, flags)
    guard descriptor >= 0 else { throw Self.problem(.last) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      close(descriptor)
      throw isFolder ? .folder : .special
    }
    self.path = path
    self.descriptor = descriptor
    size = Int64(status.st_size)
    owner = status.st_uid
  }

  deinit { close(descriptor) }

  static func problem(_ error: SystemError) -> Problem {
    switch error.number {
    case ENOENT: .missing
    // A socket cannot be opened at all.
    case ENXIO: .special
    default: .unreadable(error)
    }
  }

  /// Fills the buffer with what stands at `offset`.
  /// - Returns: how many bytes; fewer than there is room for only where the file ends.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(SystemError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
      if count == 0 { break }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last }
      filled += count
    }
    return filled
  }

  /// What stands at `offset`.
  /// - Returns: fewer than `count` bytes only where the file ends.
  public func bytes(_ count: Int, at offset: Int64 = 0) throws(Problem) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled: Result<Int, SystemError> = bytes.withUnsafeMutableBytes { buffer in
      do throws(SystemError) { return .success(try read(into: buffer, at: offset)) } catch {
        return .failure(error)
      }
    }
    do throws(SystemError) { return Array(bytes.prefix(try filled.get())) } catch {
      throw .unreadable(error)
    }
  }

  /// SHA-256 of the whole, lower-case hexadecimal, in constant memory.
  /// - Parameter check: called between pieces; what it throws ends the reading.
  public func sha256(check: () throws -> Void = {}) throws -> String {
    var hash = SHA256()
    var offset: Int64 = 0
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.pieceLength, alignment: 4096)
    defer { buffer.deallocate() }
    while true {
      try check()
      let count = try read(into: buffer, at: offset)
      if count == 0 { return Hex.encode(hash.finalize()) }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += Int64(count)
    }
  }

  /// All that a small file holds.
  /// - Throws: `.larger` before more than `limit` bytes are held.
  public func contents(limit: Int) throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(limit + 1, Self.pieceLength), alignment: 64)
    defer { piece.deallocate() }
    while bytes.count <= limit {
      let count: Int
      do throws(SystemError) { count = try read(into: piece, at: Int64(bytes.count)) } catch {
        throw .unreadable(error)
      }
      bytes += piece[..<count]
      if count < piece.count { break }
    }
    guard bytes.count <= limit else { throw .larger(than: limit) }
    return bytes
  }
}

extension RegularFile.Problem: ErrnoCarrying, CustomStringConvertible {
  /// The operating system's number that comes closest.
  public var errorNumber: Int32? {
    switch self {
    case .missing: ENOENT
    case .folder: EISDIR
    case .special: EINVAL
    case .unreadable(let error): error.number
    case .larger: EFBIG
    }
  }

  /// Completes "cannot read it: …".
  public var description: String {
    switch self {
    case .missing: SystemError(number: ENOENT).description
    case .folder, .special: "it is not a regular file"
    case .unreadable(let error): error.description
    case .larger(let limit): "it is larger than \(limit) bytes"
    }
  }
}
