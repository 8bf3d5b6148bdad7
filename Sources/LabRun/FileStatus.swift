import Foundation

/// What stat(2) says of a path, links followed; nil where there is nothing.
struct FileStatus {
  var bytes: UInt64
  var permissions: UInt32
  var isRegular: Bool
  var isFolder: Bool
  var isLink: Bool

  /// nil leaves the reason in `errno`.
  init?(_ path: String, followsLinks: Bool = true) {
    var status = stat()
    let result = followsLinks ? stat(path, &status) : lstat(path, &status)
    guard result == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    bytes = UInt64(status.st_size)
    permissions = status.st_mode & 0o7777
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isLink = status.st_mode & S_IFMT == S_IFLNK
  }
}
