import Foundation
import HostKit
import LabCore

/// Files of the cache and of a build: each appears by rename when it is whole.
enum CacheFile {
  static func write(
    _ path: String, permissions: mode_t = 0o600,
    _ fill: (borrowing NewFile) throws(SystemFault) -> Void
  ) throws(LabError) {
    do throws(SystemFault) { try NewFile.replace(path, permissions: permissions, fill) } catch {
      throw failure(path, error)
    }
  }

  static func failure(_ path: String, _ fault: SystemFault? = nil) -> LabError {
    let fault = fault ?? SystemFault(path: path, .make)
    let room = "make room on the disk; 'pilab image prune' may help"
    return LabError(
      .cacheUnusable, "cannot write \(path)", step: "image",
      hint: fault.number == ENOSPC ? room : fault.hint,
      cause: fault.description)
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
