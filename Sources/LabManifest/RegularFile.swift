import Foundation
import HostKit
import LabValues

/// Regular files, and what is wrong with those that are none.
enum RegularFile {
  enum Problem: Error, Equatable {
    case missing
    case directory
    /// A pipe, socket or device: opening it could wait for ever.
    case special
    /// The system's own words.
    case unreadable(String)
    case larger(than: Int)
  }

  /// Whether the file can be opened for reading.
  static func check(_ path: String) throws(Problem) {
    _ = try open(path)
  }

  /// The whole file.
  ///
  /// - Throws: `.larger` before more than `limit` bytes are held.
  static func read(_ path: String, limit: Int) throws(Problem) -> Data {
    let handle = try open(path)
    let data: Data
    do {
      data = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
      throw .unreadable(ErrorWords.words(of: error))
    }
    guard data.count <= limit else { throw .larger(than: limit) }
    return data
  }

  /// All that an open file or pipe gives.
  ///
  /// - Throws: `.larger` before more than `limit` bytes are held.
  static func read(descriptor: Int32, limit: Int) throws(Problem) -> Data {
    var data = Data()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while data.count <= limit {
      let count = Foundation.read(descriptor, &piece, piece.count)
      if count == 0 { return data }
      if count > 0 {
        data += piece.prefix(count)
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        throw problem(errno)
      }
    }
    throw .larger(than: limit)
  }

  private static func open(_ path: String) throws(Problem) -> FileHandle {
    // O_NONBLOCK: a pipe without a writer must not hold us; regular files ignore it.
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw problem(errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw problem(errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return handle
    case S_IFDIR: throw .directory
    default: throw .special
    }
  }

  private static func problem(_ code: Int32) -> Problem {
    switch code {
    case ENOENT: .missing
    // A socket cannot be opened at all.
    case ENXIO: .special
    default: .unreadable(String(cString: strerror(code)))
    }
  }
}

extension RegularFile.Problem {
  /// Completes `the image …`.
  var message: String {
    switch self {
    case .missing: "does not exist"
    case .directory: "is a directory"
    case .special: "is not a regular file"
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .larger(let limit): "is larger than \(ByteCount(bytes: UInt64(limit)))"
    }
  }
}
