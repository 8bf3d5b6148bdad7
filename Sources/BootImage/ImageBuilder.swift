import Foundation
import HostKit
import LabCore
import PiCrypto

//  apt-get ──▶ packages ──dpkg-deb──▶ files ──RootBuilder──▶ cpio ──zstd──▶ initramfs ──xorriso──▶ board.iso
//  all below ~/.cache/pilab; an image appears by rename and is never changed

/// Makes the board image from Debian packages, or finds the one that was made before. Needs no root.
public struct ImageBuilder: Sendable {
  package static let tools = ["apt-get", "apt-cache", "dpkg-deb", "zstd", "xz", "xorriso"]

  package let cache: ImageCache
  package let store: PackageStore
  package let tool: Tool
  private let aptState: @Sendable () -> String?

  /// - Parameter cacheFolder: nil for `pilab` in XDG_CACHE_HOME, or in ~/.cache.
  public init(cacheFolder: String? = nil) {
    self.init(
      cacheFolder: cacheFolder ?? CacheFolder.own, searchPath: Tool.standardSearchPath,
      aptState: { AptState.read() })
  }

  package init(cacheFolder: String, searchPath: String, aptState: @escaping @Sendable () -> String?)
  {
    tool = Tool.building(searchPath: searchPath)
    cache = ImageCache(folder: "\(cacheFolder)/images")
    store = PackageStore(folder: "\(cacheFolder)/packages", tool: tool)
    self.aptState = aptState
  }

  /// The image for what apt knows now; nil where `build` has something to do. Takes milliseconds.
  public func find() -> BoardImage? {
    cache.current(recipe: Recipe.digest, aptState: aptState())
  }

  /// The image, made if it is not there. Two builders at once make it once.
  public func build(
    progress: @escaping @Sendable (ImageProgress) -> Void = { _ in }
  ) async throws(LabError) -> BoardImage {
    if let image = find() { return image }
    try cache.make()
    let lock = try await BuildLock(cache.lockFile, progress: progress)
    defer { withExtendedLifetime(lock) {} }
    if let image = find() { return image }
    return try await buildLocked(progress)
  }

  private func buildLocked(
    _ progress: @escaping @Sendable (ImageProgress) -> Void
  ) async throws(LabError) -> BoardImage {
    try tool.require(Self.tools)
    progress(.resolving)
    let state = aptState()
    let list = try await PackageList.resolve(Recipe.packages, with: tool)
    let digest = try await digest(of: list)
    let image: BoardImage
    if let made = cache.image(digest) {
      image = made
    } else {
      image = try await make(list, digest, progress)
    }
    try cache.setCurrent(.init(recipe: Recipe.digest, aptState: state ?? "", digest: digest))
    return image
  }

  /// Other versions of the tools may give other bytes, so they count among the inputs.
  private func digest(of list: PackageList) async throws(LabError) -> String {
    var text = Recipe.digest + "\n"
    for package in list.packages {
      text += "\(package.name) \(package.version) \(package.sha256)\n"
    }
    text += try await tool.build(["zstd", "--version"], in: "/")
    text += try await tool.build(["xorriso", "--version"], in: "/")
    return Hex.encode(SHA256.digest(Array(text.utf8)))
  }

  private func make(
    _ list: PackageList, _ digest: String, _ progress: @escaping @Sendable (ImageProgress) -> Void
  ) async throws(LabError) -> BoardImage {
    let work = "\(cache.folder)/.build-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    defer { removeTree(work) }
    // What a build left that was killed: nobody else builds now.
    for place in cache.places() where place.hasPrefix(".build-") {
      removeTree("\(cache.folder)/\(place)")
    }
    for folder in [store.folder, work, "\(work)/packages", "\(work)/image"] {
      try makeFolder(folder)
    }
    try await store.fetch(list, progress: progress)
    progress(.unpacking(packages: list.packages.count))
    for package in list.packages {
      try await tool.build(["dpkg-deb", "-x", store.path(of: package), "packages"], in: work)
    }
    let builder = ImageAssembly(work: work, tool: tool, progress: progress)
    var image = try await builder.assemble(list, digest: digest)
    try cache.write(image, to: "\(work)/image/\(BoardImage.names.description)")
    image.folder = "\(cache.folder)/\(digest)"
    // One that is there and not whole was not found, and is replaced.
    removeTree(image.folder)
    guard rename("\(work)/image", image.folder) == 0 else {
      throw CacheFile.failure(image.folder)
    }
    return image
  }

  private func makeFolder(_ path: String) throws(LabError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw CacheFile.failure(path) }
  }

  /// Nothing to do where it cannot be removed: the next build tries again, and `prune` reports it.
  private func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
