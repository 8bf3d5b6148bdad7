import HostKit

/// A regular file opened for reading at any offset. A pipe or a device is refused, never waited for.
struct FileBytes: ~Copyable {
  private let file: RegularFile

  var path: String { file.path }
  /// Bytes.
  var size: Int { Int(file.size) }

  init(_ path: String) throws(FileBytesError) {
    do throws(RegularFile.Problem) { file = try RegularFile(path) } catch {
      let isOther = error == .folder || error == .special
      throw .init(path: path, reason: isOther ? "not a regular file" : error.description)
    }
  }

  /// Up to `count` bytes from `offset`; fewer only where the file ends.
  borrowing func read(at offset: Int, count: Int) throws(FileBytesError) -> [UInt8] {
    let wanted = max(0, min(count, size - offset))
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      let room = UnsafeMutableRawBufferPointer(buffer)[..<wanted]
      do throws(SystemError) {
        filled = try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: room), at: Int64(offset))
      } catch { failure = error }
    }
    if let failure { throw .init(path: path, reason: failure.description) }
    return bytes
  }
}

struct FileBytesError: Error, Equatable, CustomStringConvertible {
  var path: String
  var reason: String

  var description: String { "\(path) cannot be read: \(reason)" }
}
