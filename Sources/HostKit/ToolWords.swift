import Foundation

/// What a tool says of its failure, and what helps. Tools end their lines with the operating system's words, which name
/// the cause as well as a number does.
public enum ToolWords {
  private static let known = [
    EACCES, EPERM, EROFS, ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EAGAIN, ELOOP, ENAMETOOLONG,
    ENOTDIR,
    EISDIR, ETXTBSY, EFBIG, EIO, ESTALE, ENOEXEC, EADDRINUSE,
  ]

  /// - Parameter path: where the tool was at work; one that it names itself goes before.
  public static func hint(_ words: String, path: String? = nil) -> String? {
    for line in words.split(separator: "\n").reversed() {
      guard let number = number(in: line) else { continue }
      let named = pathNamed(in: String(line))
      if let home = homeHint(named) { return home }
      return SystemFault(number, path: named ?? path, .make).hint
    }
    return nil
  }

  private static func number(in line: Substring) -> Int32? {
    known.first { line.contains(SystemError(number: $0).description) }
      ?? virtualBox.first { line.contains($0.0) }?.1
  }

  /// VirtualBox has words of its own for the system's errors.
  private static let virtualBox = [
    ("VERR_ACCESS_DENIED", EACCES), ("VERR_WRITE_PROTECT", EROFS), ("VERR_DISK_FULL", ENOSPC),
    ("VERR_NO_SPACE", ENOSPC), ("VERR_TOO_MANY_OPEN_FILES", EMFILE), ("VERR_NO_MEMORY", ENOMEM),
    ("VERR_FILE_TOO_BIG", EFBIG), ("VERR_FILE_NOT_FOUND", ENOENT), ("VERR_PATH_NOT_FOUND", ENOENT),
  ]

  /// The last absolute path in the line: quoted, or up to the next blank or colon.
  static func pathNamed(in line: String) -> String? {
    for mark in ["'", "\"", "‘", "`"] {
      let end = mark == "‘" ? "’" : mark == "`" ? "'" : mark
      guard let open = line.range(of: mark + "/"),
        let close = line.range(of: end, range: open.upperBound..<line.endIndex)
      else { continue }
      return "/" + line[open.upperBound..<close.lowerBound]
    }
    return line.split(whereSeparator: { " :,;()".contains($0) }).map(String.init).last {
      $0.hasPrefix("/") && $0.count > 1
    }
  }

  /// Where HOME is not there or another's, all tools that keep something in it say so in their own way.
  private static func homeHint(_ path: String?) -> String? {
    let environment = ProcessInfo.processInfo.environment
    guard let path else { return nil }
    for variable in ["HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"] {
      guard let folder = environment[variable], folder.count > 1,
        path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
      else { continue }
      guard FilePlace.isFolder(folder) else {
        return "\(variable) is \(folder), which is not there: set \(variable) to a folder of yours"
      }
      guard FilePlace(folder).refusing(.make) == nil else {
        return
          "\(variable) is \(folder), where you may not write: set \(variable) to a folder of yours"
      }
    }
    return nil
  }
}
