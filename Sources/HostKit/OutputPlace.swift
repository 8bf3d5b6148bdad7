import Glibc

/// Where a path that a user names leads, links followed, and what is there.
public struct OutputPlace: Sendable, Equatable {
  /// What is at a place.
  public enum Kind: Sendable, Equatable {
    /// Nothing; the folder may be missing, too.
    case absent
    case file
    case folder
    /// A FIFO or a character device.
    case stream
    /// A descriptor of this process: `/dev/stdout`, `/dev/fd/3`.
    case descriptor(Int32)
    /// An open file of another process, by its number in /proc: only that process's file is meant, not its name.
    case foreignDescriptor
    /// What takes no bytes from a file's name, in words.
    case other(String)
  }

  /// Absolute, and no link.
  public let path: String
  /// What is there.
  public let kind: Kind

  private static let mostLinks = 40

  /// - Throws: where links lead in a circle, or nobody may look.
  public init(_ path: String) throws(OutputFailure) {
    var place = Self.absolute(path)
    for _ in 0...Self.mostLinks {
      let (folder, name) = Self.split(place)
      guard let folder = try Self.real(folder) else {
        guard errno == ENOENT || errno == ENOTDIR else { throw OutputFailure(path, errno) }
        (self.path, kind) = (place, .absent)
        return
      }
      if let descriptor = Self.descriptor(name, in: folder) {
        (self.path, kind) = (place, descriptor)
        return
      }
      place = name == "." ? folder : folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      guard let target = try Self.linkTarget(place) else {
        let kind = try Self.kind(of: place)
        // A slash at the end asks for a folder.
        guard !path.hasSuffix("/") || kind == .folder || kind == .absent else {
          throw OutputFailure(path, ENOTDIR)
        }
        (self.path, self.kind) = (place, kind)
        return
      }
      place = target.hasPrefix("/") ? target : "\(folder)/\(target)"
    }
    throw OutputFailure(path, ELOOP)
  }

  private static func kind(of path: String) throws(OutputFailure) -> Kind {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return .absent }
      throw OutputFailure(path, errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFIFO, S_IFCHR: return .stream
    case S_IFSOCK: return .other("a socket")
    case S_IFBLK: return .other("a block device")
    default: return .other("of an unknown kind")
    }
  }

  /// nil where the path is no link, or nothing at all.
  private static func linkTarget(_ path: String) throws(OutputFailure) -> String? {
    let (bytes, number): ([UInt8]?, Int32) = withUnsafeTemporaryAllocation(
      of: CChar.self, capacity: Int(PATH_MAX)
    ) { buffer in
      guard let base = buffer.baseAddress else { return (nil, ENOMEM) }
      let count = readlink(path, base, buffer.count)
      guard count >= 0 else { return (nil, errno) }
      return (buffer[..<count].map { UInt8(bitPattern: $0) }, 0)
    }
    guard [0, EINVAL, ENOENT].contains(number) else { throw OutputFailure(path, number) }
    guard let bytes else { return nil }
    return try text(bytes, of: path)
  }

  /// A name that is no text would be repaired, and then is another's.
  private static func text(_ bytes: [UInt8], of path: String) throws(OutputFailure) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw OutputFailure(path, "it leads to a name that is not UTF-8")
    }
    return text
  }

  /// The links of /proc/PID/fd are no names that could be followed: what they stand for may have none.
  private static func descriptor(_ name: String, in folder: String) -> Kind? {
    let parts = folder.split(separator: "/")
    guard parts.count >= 3, parts.first == "proc", parts.last == "fd",
      let process = Int32(parts[1]), let number = Int32(name)
    else { return nil }
    return process == getpid() ? .descriptor(number) : .foreignDescriptor
  }

  /// The folder that a path's last part lies in, and that part; slashes at the end mean nothing.
  static func split(_ path: String) -> (folder: String, name: String) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
    let name = String(path[path.index(after: slash)...])
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    // They name no entry of the folder but the folder itself, or the one above it.
    guard name == "." || name == ".." || name.isEmpty else { return (folder, name) }
    return (String(path), ".")
  }

  private static func real(_ path: String) throws(OutputFailure) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return try text(Array(UnsafeRawBufferPointer(start: found, count: strlen(found))), of: path)
  }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }
}

/// Why nothing could be written to a path.
public struct OutputFailure: ErrnoCarrying, Sendable, Equatable, CustomStringConvertible {
  /// As it was given, or where it leads.
  public var path: String
  /// The system's error, where it is one.
  public var number: Int32?
  private var reason: String
  /// The same, for whoever takes errors of several kinds.
  public var errorNumber: Int32? { number }

  init(_ path: String, _ number: Int32) {
    self.path = path
    self.number = number
    reason = SystemError(number: number).description
  }

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// What is wrong, without the path.
  public var description: String { reason }
}
