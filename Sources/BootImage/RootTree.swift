/// The files of the board's root, by path without a leading slash.
struct RootTree {
  private(set) var entries: [String: Archive.Entry] = [:]

  /// Adds an entry and the folders above it. What is there already stays.
  mutating func add(_ path: String, _ entry: Archive.Entry) {
    let parts = path.split(separator: "/")
    for count in stride(from: 1, to: parts.count, by: 1) {
      let folder = parts[..<count].joined(separator: "/")
      if entries[folder] == nil { entries[folder] = .folder(permissions: 0o755) }
    }
    let path = parts.joined(separator: "/")
    if entries[path] == nil { entries[path] = entry }
  }

  /// Entries in the order of their paths, so folders come before what is in them.
  func archive() -> [UInt8] {
    var archive = Archive()
    for (path, entry) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    {
      archive.add(path, entry)
    }
    return archive.finish()
  }
}
