import Foundation
import HostKit
import LabCore
import PiCrypto

/// The images of this user, each in a folder named after its digest.
package struct ImageCache: Sendable {
  /// `~/.cache/pilab/images`
  let folder: String

  /// Which image belongs to what apt knew when it was made, so that a hit asks nobody.
  struct Current: Codable, Equatable {
    var recipe: String
    var aptState: String
    var digest: String
  }

  private var currentFile: String { "\(folder)/current.json" }
  var lockFile: String { "\(folder)/lock" }

  func make() throws(LabError) {
    do throws(SystemFault) { try Folder.make(folder, permissions: 0o755) } catch {
      let elsewhere = "or set XDG_CACHE_HOME to a folder that you may write to"
      throw LabError(
        .cacheUnusable, "cannot make the cache folder \(folder)", step: "image",
        hint: error.hint.map { "\($0); \(elsewhere)" } ?? String(elsewhere.dropFirst(3)),
        cause: error.description)
    }
  }

  /// The image that the same recipe and the same package lists made; nil where one has to ask apt.
  func current(recipe: String, aptState: String?) -> BoardImage? {
    guard let current = read(Current.self, currentFile), current.recipe == recipe,
      aptState == nil || aptState == current.aptState
    else { return nil }
    return image(current.digest)
  }

  func setCurrent(_ current: Current) throws(LabError) {
    try write(current, to: currentFile)
  }

  /// Nil where it is not there, or not whole.
  func image(_ digest: String) -> BoardImage? {
    let place = "\(folder)/\(digest)"
    guard var image = read(BoardImage.self, "\(place)/\(BoardImage.names.description)"),
      image.digest == digest
    else { return nil }
    image.folder = place
    return image.isComplete ? image : nil
  }

  /// Names of everything that is no file of the cache itself: images, and what killed builds left.
  func places() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0 != "current.json" && $0 != "lock" }.sorted()
  }

  func write(_ value: some Encodable, to path: String) throws(LabError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("plain values can be written as JSON")
    }
    try CacheFile.write(path, permissions: 0o644) { file throws(SystemFault) in
      try file.write(Array(data) + [10])
    }
  }

  private func read<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
    // Whatever is missing or damaged here is made anew.
    FileManager.default.contents(atPath: path).flatMap {
      try? JSONDecoder().decode(type, from: $0)
    }
  }
}

/// What apt knows, as far as files tell: any `apt-get update` or change of the sources changes it.
enum AptState {
  static let places = ["/var/lib/apt/lists", "/etc/apt"]

  /// Nil where apt has no lists, so nothing newer can be known.
  static func read(_ places: [String] = places) -> String? {
    var lines: [String] = []
    for place in places {
      let entries = FileManager.default.enumerator(atPath: place)
      while let path = entries?.nextObject() as? String {
        var status = stat()
        let whole = "\(place)/\(path)"
        guard stat(whole, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
          path != "lock", !path.hasPrefix("partial/")
        else { continue }
        lines.append(
          "\(whole) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
      }
    }
    guard lines.contains(where: { $0.contains("_Packages") }) else { return nil }
    return Hex.encode(SHA256.digest(Array(lines.sorted().joined(separator: "\n").utf8)))
  }
}

/// Held while an image is built; the kernel lets go of it when the builder dies.
struct BuildLock: ~Copyable {
  private let lock: FileLock

  /// Waits for another builder.
  init(
    _ path: String, progress: @escaping @Sendable (ImageProgress) -> Void
  ) async throws(LabError) {
    do {
      lock = try await FileLock.acquire(.file(path)) { progress(.waiting) }
    } catch is CancellationError {
      throw LabError(.cancelled, "told to stop", step: "image")
    } catch { throw CacheFile.failure(path, SystemFault(error, path: path, .make)) }
  }
}
