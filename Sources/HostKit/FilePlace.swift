import CHostKit
import Foundation
import ProgramStart

/// What the file system says about a path: which part of it is in the way, whose it is, how it is mounted.
struct FilePlace {
  let path: String

  /// - Parameter path: relative to the current folder, or absolute.
  init(_ path: String) { self.path = Self.absolute(path) }

  /// Without Foundation's help, which needs a current folder that exists.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }

  /// The path and the folders above it, from the root.
  var lineage: [String] {
    var places = ["/"]
    for part in path.split(separator: "/") where part != "." {
      places.append(places.last == "/" ? "/\(part)" : "\(places.last ?? "")/\(part)")
    }
    return places
  }

  static func status(_ path: String, followsLinks: Bool = true) -> stat? {
    var status = stat()
    let result = followsLinks ? stat(path, &status) : lstat(path, &status)
    return result == 0 ? status : nil
  }

  static func isFolder(_ path: String) -> Bool {
    status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  static func isLink(_ path: String) -> Bool {
    status(path, followsLinks: false).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }

  /// Where a link leads, in its own words.
  static func target(_ link: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What is there, in words; nil where nothing is.
  var kind: String? {
    guard let mode = Self.status(path, followsLinks: false)?.st_mode else { return nil }
    switch mode & S_IFMT {
    case S_IFREG: return "a file"
    case S_IFDIR: return "a folder"
    case S_IFLNK: return "a link to \(Self.target(path) ?? "something")"
    case S_IFIFO: return "a FIFO"
    case S_IFSOCK: return "a socket"
    default: return "a device"
    }
  }

  /// The deepest part of the path that is there.
  var deepest: String { lineage.last { Self.status($0) != nil } ?? "/" }

  /// The first part of the path that is a link to nothing.
  var danglingLink: String? { lineage.first { Self.isLink($0) && Self.status($0) == nil } }

  /// The first part of the path that is there and ought to be a folder, and is none.
  var fileInTheWay: String? { lineage.first { Self.status($0) != nil && !Self.isFolder($0) } }

  /// The first part of the path that is not there.
  var missing: String? { lineage.first { Self.status($0, followsLinks: false) == nil } }

  /// The part of the path that does not let this user do it; nil where permissions are not what is in the way.
  func refusing(_ deed: SystemFault.Deed) -> String? {
    let places = lineage
    for folder in places.dropLast() where Self.isFolder(folder) {
      guard Self.allows(folder, X_OK) else { return folder }
    }
    let exists = Self.status(path) != nil
    switch deed {
    case .read where exists: return Self.allows(path, R_OK) ? nil : path
    case .run where exists: return Self.allows(path, X_OK) ? nil : path
    case .write where exists && !Self.allows(path, W_OK): return path
    case .make where Self.isFolder(path) && !Self.allows(path, W_OK | X_OK): return path
    default: break
    }
    let parent = FilePlace(exists && places.count > 1 ? places[places.count - 2] : path).deepest
    return Self.allows(parent, W_OK | X_OK) ? nil : parent
  }

  private static func allows(_ path: String, _ mode: Int32) -> Bool {
    faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0
  }

  /// What is mounted where the path lies, or would lie.
  var mountPoint: String {
    let places = lineage.filter { Self.status($0) != nil }
    guard var point = places.last, let device = Self.status(point)?.st_dev else { return "/" }
    for place in places.reversed() where Self.status(place)?.st_dev == device { point = place }
    return point
  }

  var fileSystem: statvfs? {
    var status = statvfs()
    return statvfs(deepest, &status) == 0 ? status : nil
  }

  /// ST_RDONLY and ST_NOEXEC of bits/statvfs.h, of which Swift cannot import the second.
  var isOnReadOnly: Bool { has(1) }
  var isOnNoexec: Bool { has(8) }

  private func has(_ flag: UInt) -> Bool { fileSystem.map { UInt($0.f_flag) & flag != 0 } ?? false }

  /// The first part of the path, from its end, that nobody may change: `chattr +i`.
  var immutable: String? { lineage.reversed().prefix(2).first(where: ProgramStart.isUnchangeable) }

  /// NFS_SUPER_MAGIC, SMB and FUSE, of linux/magic.h: there the server or another user decides.
  var isElsewhere: Bool {
    [0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x6573_5546].contains(chostkit_file_system(deepest))
  }

  /// The magic numbers of proc, sysfs, both cgroups, debugfs and tracefs, of linux/magic.h: there nobody makes files.
  var isOfKernel: Bool {
    [0x9FA0, 0x6265_6572, 0x0027_E0EB, 0x6367_7270, 0x6462_6720, 0x7472_6163]
      .contains(chostkit_file_system(deepest))
  }
}

/// Users by name, for people.
enum UserName {
  static func of(_ user: uid_t) -> String {
    guard let entry = getpwuid(user), let name = entry.pointee.pw_name else { return "\(user)" }
    return String(cString: name)
  }

  static var own: String { of(geteuid()) }
}
