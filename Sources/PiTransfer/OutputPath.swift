import Glibc
import PiExchange
import ProgramStart

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

  /// As many links as the kernel follows.
  private static let mostLinks = 40

  /// A link would be replaced by the file; what it leads to is meant, be it there or not.
  private static func resolved(_ given: String) throws(ExchangeError) -> String {
    var path = given
    for _ in 0...mostLinks {
      var status = stat()
      guard lstat(path, &status) == 0 else {
        // A name or path that is too long, a folder that is none: the kernel knows best.
        if errno == ENOENT { return try whole(path, given) }
        throw AtomicFile.failure(given, systemMessage())
      }
      guard status.st_mode & S_IFMT == S_IFLNK else { return try whole(path, given) }
      let target = try target(of: path, given)
      let isAbsolute = target.utf8.first == slash
      path = isAbsolute ? target : "\(folder(of: path))/\(target)"
    }
    throw AtomicFile.failure(given, systemMessage(ELOOP))
  }

  /// Where the links lead, or the path itself where they lead nowhere: that is told when the file is made.
  static func end(of path: String) -> String {
    do throws(ExchangeError) { return try resolved(path) } catch { return path }
  }

  private static func target(of link: String, _ given: String) throws(ExchangeError) -> String {
    let longest = 4096
    let bytes = [UInt8](unsafeUninitializedCapacity: longest) { buffer, count in
      count = max(0, readlink(link, buffer.baseAddress!, longest))
    }
    guard !bytes.isEmpty else { throw AtomicFile.failure(given, systemMessage()) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The links of /proc show words and not places: `pipe:[123]`, `/tmp/x (deleted)`.
  private static func whole(_ path: String, _ given: String) throws(ExchangeError) -> String {
    var wanted = stat()
    guard stat(given, &wanted) == 0 else { return path }
    guard wanted.st_mode & S_IFMT != S_IFDIR else { return path }
    guard wanted.st_mode & S_IFMT == S_IFREG else {
      throw AtomicFile.failure(given, "is there and is not a regular file")
    }
    var found = stat()
    guard lstat(path, &found) == 0, found.st_dev == wanted.st_dev, found.st_ino == wanted.st_ino
    else { throw AtomicFile.failure(given, "has no name under which it could be replaced") }
    return path
  }

  func requireReplaceable(_ given: String) throws(ExchangeError) {
    if let place = [folder, path].first(where: { ProgramStart.isUnchangeable($0) }) {
      throw AtomicFile.failure(given, "\(place) must not be changed by anybody (chattr +i, +a)")
    }
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
    // A file of the same file system may be mounted there, too.
    guard place.st_dev == status.st_dev, !ProgramStart.isMountPoint(path) else {
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
  /// Refuses an output that is another output, an input, or what standard output or standard error is written to:
  /// one would replace the other.
  package static func requireDistinct(
    outputs: [String?], inputs: [String?] = []
  ) throws(ExchangeError) {
    var seen = inputs.compactMap { $0 }.map { (path: $0, place: Place($0)) }
    for (descriptor, name) in [
      (STDOUT_FILENO, "standard output"), (STDERR_FILENO, "standard error"),
    ] {
      if let place = Place(descriptor: descriptor) { seen.append((name, place)) }
    }
    for path in outputs.compactMap({ $0 }) {
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
    var device: dev_t?
    var inode: ino_t?
    var name: String?

    init(_ path: String) {
      var status = stat()
      if stat(path, &status) != 0 {
        let end = OutputPath.end(of: path)
        name = OutputPath.name(of: end)
        guard stat(OutputPath.folder(of: end), &status) == 0 else { return }
      }
      device = status.st_dev
      inode = status.st_ino
    }

    /// nil for what is not a regular file: that is never replaced.
    init?(descriptor: Int32) {
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      device = status.st_dev
      inode = status.st_ino
    }
  }
}
