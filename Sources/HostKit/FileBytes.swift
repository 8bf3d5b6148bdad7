/// A regular file opened for reading at any offset. A pipe or a device is refused, never waited for.
package struct FileBytes: ~Copyable {
  private let file: RegularFile

  package var path: String { file.path }
  /// Bytes.
  package var size: Int { Int(file.size) }

  package init(_ path: String) throws(FileBytesError) {
    do throws(RegularFile.Problem) { file = try RegularFile(path) } catch {
      let isOther = error == .folder || error == .special
      throw .init(path: path, reason: isOther ? "not a regular file" : error.description)
    }
  }

  /// Up to `count` bytes from `offset`; fewer only where the file ends.
  package borrowing func read(at offset: Int, count: Int) throws(FileBytesError) -> [UInt8] {
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

package struct FileBytesError: Error, Equatable, CustomStringConvertible {
  package var path: String
  package var reason: String

  package var description: String { "\(path) cannot be read: \(reason)" }
}
