import Foundation
import HostKit

/// A stored file of the run, read forward through a buffer that is filled anew where need be.
final class StoredFile {
  var path: String { file.path }
  /// Bytes.
  var size: Int { Int(file.size) }
  private let file: RegularFile
  private let buffer: UnsafeMutableRawBufferPointer
  private var filled = 0..<0

  private static let bufferSize = 256 * 1024

  init(_ path: String) throws(StoredFileError) {
    do throws(RegularFile.Problem) { file = try RegularFile(path) } catch {
      throw .init(path: path, reason: error.description)
    }
    buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
  }

  deinit { buffer.deallocate() }

  var shrunk: StoredFileError { .init(path: path, reason: "it shrank while it was read") }

  /// Bytes from `offset`, valid until the next call: `count` of them, fewer at the end of the file
  /// or of the buffer (256 KiB), and none only from the file's end on.
  func bytes(at offset: Int, count: Int) throws(StoredFileError) -> UnsafeRawBufferPointer {
    guard offset >= 0, offset < size, count > 0 else { return .init(start: nil, count: 0) }
    let wanted = min(count, size - offset, Self.bufferSize)
    if offset < filled.lowerBound || offset + wanted > filled.upperBound { try fill(from: offset) }
    let start = offset - filled.lowerBound
    let end = min(start + wanted, filled.count)
    return UnsafeRawBufferPointer(rebasing: buffer[start..<max(start, end)])
  }

  /// Offset of the first byte that differs from the file's, from `offset` on; nil where all agree.
  func firstDifference(
    from bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(StoredFileError) -> Int? {
    var done = 0
    while done < bytes.count {
      let mine = try self.bytes(at: offset + done, count: bytes.count - done)
      guard let base = mine.baseAddress, !mine.isEmpty else { return offset + done }
      if memcmp(base, bytes.baseAddress! + done, mine.count) != 0 {
        let index = mine.indices.first { mine[$0] != bytes[done + $0] } ?? 0
        return offset + done + index
      }
      done += mine.count
    }
    return nil
  }

  private func fill(from offset: Int) throws(StoredFileError) {
    let count: Int
    do throws(SystemError) { count = try file.read(into: buffer, at: Int64(offset)) } catch {
      throw .init(path: path, reason: error.description)
    }
    guard count > 0 else { throw shrunk }
    filled = offset..<offset + count
  }
}

struct StoredFileError: Error, Equatable {
  var path: String
  var reason: String

  var sentence: String { "\(path) cannot be read: \(reason)" }
}
