import Foundation
import HostKit
import LabCore

extension ImageBuilder {
  /// What `prune` took away.
  public struct Removed: Sendable, Equatable, Codable {
    public var paths: [String]
    public var bytes: UInt64
  }

  /// Removes every image but the current one, what killed builds left, and the package files that the current
  /// image was not made from.
  /// - Parameter all: the current image and its packages too.
  public func prune(all: Bool = false) async throws(LabError) -> Removed {
    try cache.make()
    // A build that goes on keeps what it is making.
    let lock = try await BuildLock(cache.lockFile, progress: { _ in })
    defer { withExtendedLifetime(lock) {} }
    let current = all ? nil : find()
    let kept = Set(current?.packages.map(\.name) ?? [])
    var removed = Removed(paths: [], bytes: 0)
    for place in cache.places() where place != current?.digest {
      try remove("\(cache.folder)/\(place)", &removed)
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: store.folder)) ?? []
    for file in files.sorted() where !kept.contains(String(file.prefix { $0 != "_" })) {
      try remove("\(store.folder)/\(file)", &removed)
    }
    return removed
  }

  private func remove(_ path: String, _ removed: inout Removed) throws(LabError) {
    let bytes = Self.size(path)
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw LabError(
        .cacheUnusable, "cannot remove \(path)", SystemFault(error, path: path, .make),
        step: "image")
    }
    removed.paths.append(path)
    removed.bytes += bytes
  }

  /// Bytes of all regular files in a tree.
  private static func size(_ path: String) -> UInt64 {
    let inside = FileManager.default.enumerator(atPath: path)
    var bytes = FileKind.regularSize(path) ?? 0
    while let name = inside?.nextObject() as? String {
      bytes += FileKind.regularSize("\(path)/\(name)") ?? 0
    }
    return bytes
  }
}
