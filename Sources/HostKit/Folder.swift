import Glibc

/// Folders of this machine, with the system's own error where one cannot be made.
public enum Folder {
  /// Makes a folder and those above it that are missing.
  /// - Parameter permissions: of those that are made.
  public static func make(_ path: String, permissions: UInt32 = 0o700) throws(SystemFault) {
    for place in FilePlace(path).lineage where !FilePlace.isFolder(place) {
      if mkdir(place, permissions) == 0 { continue }
      let number = errno
      // Somebody else may have been faster.
      guard number != EEXIST || !FilePlace.isFolder(place) else { continue }
      throw SystemFault(number == EEXIST ? obstacle(place) : number, path: place, .make)
    }
  }

  /// Why what is there already is not a folder: a file, or a link that leads nowhere or to itself.
  private static func obstacle(_ place: String) -> Int32 {
    var status = stat()
    return stat(place, &status) == 0 ? ENOTDIR : errno
  }

  /// Returns when the names in it are on the disk.
  public static func sync(_ path: String) throws(SystemFault) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemFault(path: path, .read) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemFault(path: path, .write) }
  }

  /// Whether there is a folder; false where there is nothing of the name.
  /// - Throws: what keeps this user from seeing that, or what is there instead.
  public static func exists(_ path: String) throws(SystemFault) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let number = errno
      // The link of a folder that is not there is there.
      guard number == ENOENT, FilePlace(path).danglingLink == nil else {
        throw SystemFault(number, path: path, .read)
      }
      return false
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemFault(ENOTDIR, path: path, .read) }
    return true
  }

  /// - Throws: why this user may not look into a folder that exists.
  public static func checkReadable(_ path: String) throws(SystemFault) {
    guard faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0 else {
      throw SystemFault(path: path, .read)
    }
  }

  /// - Throws: why this user may not look into a folder that exists, or make files in it.
  public static func checkUsable(_ path: String) throws(SystemFault) {
    try checkReadable(path)
    guard faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 else {
      throw SystemFault(path: path, .make)
    }
  }

  /// - Throws: why no program that lies here, or would lie here, can be run.
  public static func checkRunsPrograms(_ path: String) throws(SystemFault) {
    guard !FilePlace(path).isOnNoexec else { throw SystemFault(EACCES, path: path, .run) }
  }
}
