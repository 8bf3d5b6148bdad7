import Glibc
import PiExchange

/// Where a file will be written: links are followed, the rest is looked at byte by byte as the kernel does.
struct OutputPath {
  let path: String
  let folder: String

  /// Refuses what could not be replaced or made by rename(2).
  init(_ given: String) throws(ExchangeError) {
    path = try Self.resolved(given)
    folder = Self.folder(of: path)
    let name = Self.name(of: path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw AtomicFile.failure(given, "this is the name of a folder, not of a file")
    }
    try requireReplaceable(given)
  }

  /// A link would be replaced by the file; what it leads to is meant.
  private static func resolved(_ given: String) throws(ExchangeError) -> String {
    var status = stat()
    guard lstat(given, &status) == 0 else {
      // A name or path that is too long, a folder that is none: the kernel knows best.
      if errno == ENOENT { return given }
      throw AtomicFile.failure(given, systemMessage())
    }
    guard status.st_mode & S_IFMT == S_IFLNK else { return given }
    guard let real = realpath(given, nil) else {
      throw AtomicFile.failure(given, "is a link that leads nowhere: \(systemMessage())")
    }
    defer { free(real) }
    return String(cString: real)
  }

  func requireReplaceable(_ given: String) throws(ExchangeError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    // Renaming onto a device would take it away from the whole machine.
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw AtomicFile.failure(given, "is a directory")
    default: throw AtomicFile.failure(given, "is there and is not a regular file")
    }
    var place = stat()
    guard stat(folder, &place) == 0 else { throw AtomicFile.failure(given, systemMessage()) }
    guard place.st_dev == status.st_dev else {
      throw AtomicFile.failure(given, "is a mount point, which cannot be replaced")
    }
    // unlink(2): in a folder such as /tmp only the owner of a file may replace it.
    let user = geteuid()
    guard place.st_mode & S_ISVTX == 0 || [0, status.st_uid, place.st_uid].contains(user) else {
      throw AtomicFile.failure(given, "is there and belongs to another user")
    }
  }

  private static let slash = UInt8(ascii: "/")

  static func folder(of path: String) -> String {
    guard let last = path.utf8.lastIndex(of: slash) else { return "." }
    return last == path.utf8.startIndex ? "/" : String(path[..<last])
  }

  static func name(of path: String) -> String {
    guard let last = path.utf8.lastIndex(of: slash) else { return path }
    return String(path[path.utf8.index(after: last)...])
  }
}

extension AtomicFile {
  /// Refuses two files of one run that are the same file: one would replace the other.
  static func requireDistinct(_ paths: [String?]) throws(ExchangeError) {
    var seen: [(path: String, place: Place)] = []
    for path in paths.compactMap(\.self) {
      let place = Place(path)
      if let other = seen.first(where: { $0.place == place }) {
        throw ExchangeError(
          .usage, at: .arguments, "\(other.path) and \(path) are the same file",
          hint: "one would replace the other; name another file")
      }
      seen.append((path, place))
    }
  }

  /// Where a path leads: the file that is there, or the folder and name of one that is not.
  private struct Place: Equatable {
    var device: UInt?
    var inode: UInt?
    var name: String?

    init(_ path: String) {
      var status = stat()
      if stat(path, &status) != 0 {
        name = OutputPath.name(of: path)
        guard stat(OutputPath.folder(of: path), &status) == 0 else { return }
      }
      device = status.st_dev
      inode = status.st_ino
    }
  }
}
