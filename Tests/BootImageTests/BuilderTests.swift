import Foundation
import HostKit
import LabCore
import TestSupport
import Testing

@testable import BootImage

/// What can go wrong before anything is built, and what is found without building.
@Suite struct BuilderTests {
  private static func builder(
    _ folder: String, searchPath: String = Tool.standardSearchPath, state: String? = "lists"
  ) -> ImageBuilder {
    ImageBuilder(cacheFolder: "\(folder)/cache", searchPath: searchPath, aptState: { state })
  }

  private static func failure(_ builder: ImageBuilder) async -> LabError? {
    do throws(LabError) {
      _ = try await builder.build()
      return nil
    } catch {
      return error
    }
  }

  /// A folder of programs: scripts by name.
  private static func programs(_ scripts: [String: String], in folder: String) throws -> String {
    let programs = "\(folder)/programs"
    try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
    for (name, script) in scripts {
      try "#!/bin/sh\n\(script)\n".write(
        toFile: "\(programs)/\(name)", atomically: true, encoding: .utf8)
      chmod("\(programs)/\(name)", 0o755)
    }
    return programs
  }

  @Test func missingToolsAreNamedWithTheirPackages() async throws {
    try await withTemporaryFolder { folder in
      let path = try Self.programs(["apt-get": "", "apt-cache": "", "zstd": ""], in: folder)
      let error = await Self.failure(Self.builder(folder, searchPath: path))
      #expect(error?.code == .toolMissing)
      #expect(error?.message.contains("dpkg-deb, xz, xorriso") == true)
      #expect(error?.hint == "sudo apt-get install dpkg xz-utils xorriso")
    }
  }

  /// Another system's apt has none of Debian's lists.
  @Test(arguments: [SystemFamily.fedora, .ubuntu, nil])
  func whereAptIsMissingAnotherSystemIsNamed(_ family: SystemFamily?) {
    #expect(Tool.remedy(["apt-get", "zstd"], on: family).hasPrefix("make it on Debian, "))
    #expect(Tool.remedy(["apt-get", "zstd"], on: .debian) == "sudo apt-get install apt zstd")
    #expect(Tool.remedy(["zstd", "xz"], on: .arch) == "sudo pacman -S zstd xz")
    #expect(Tool.listsRemedy(on: .ubuntu).hasPrefix("make it on Debian, "))
    #expect(Tool.listsRemedy(on: nil).hasPrefix("as root: apt-get update"))
  }

  @Test func noPackageListsSayHowToGetThem() async throws {
    try await withTemporaryFolder { folder in
      let path = try Self.programs(
        ["apt-cache": "echo 'E: No packages found' >&2; exit 100"], in: folder)
      let error = await Self.failure(
        Self.builder(folder, searchPath: "\(path):\(Tool.standardSearchPath)"))
      #expect(error?.code == .packagesUnknown)
      #expect(error?.hint?.contains("apt-get update") == true)
      #expect(error?.cause == "E: No packages found")
    }
  }

  @Test func aDownloadThatFailsLeavesNoImage() async throws {
    try await withTemporaryFolder { folder in
      let path = try Self.programs(
        [
          "apt-get": """
          case "$*" in *--print-uris*) exec /usr/bin/apt-get "$@" ;; esac
          echo 'E: Failed to fetch' >&2; exit 100
          """
        ], in: folder)
      let builder = Self.builder(folder, searchPath: "\(path):\(Tool.standardSearchPath)")
      let error = await Self.failure(builder)
      #expect(error?.code == .downloadFailed)
      #expect(error?.cause == "E: Failed to fetch")
      #expect(builder.cache.places() == [])
      #expect(builder.find() == nil)
    }
  }

  @Test func aPackageThatIsNotTheListedOneIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let path = try Self.programs(
        [
          "apt-get": """
          case "$*" in *--print-uris*) exec /usr/bin/apt-get "$@" ;; esac
          exit 0
          """
        ], in: folder)
      let error = await Self.failure(
        Self.builder(folder, searchPath: "\(path):\(Tool.standardSearchPath)"))
      #expect(error?.code == .downloadFailed)
      #expect(error?.message.contains("is not the one that apt's lists name") == true)
    }
  }

  @Test func aCacheThatCannotBeMadeIsNamed() async throws {
    try await withTemporaryFolder { folder in
      try Data().write(to: URL(fileURLWithPath: "\(folder)/cache"))
      let error = await Self.failure(Self.builder(folder))
      #expect(error?.code == .cacheUnusable)
      #expect(error?.message.contains("\(folder)/cache/images") == true)
    }
  }

  @Test func onlyAnImageOfTheSameRecipeAndListsIsFound() async throws {
    try await withTemporaryFolder { folder in
      let builder = Self.builder(folder)
      let made = try Self.makeImage("0123", of: builder, recipe: Recipe.digest)
      #expect(builder.find() == made)
      #expect(try await builder.build() == made, "nothing to do")
      #expect(Self.builder(folder, state: "later lists").find() == nil)
      #expect(Self.builder(folder, state: nil).find() == made, "no lists: nothing newer is known")
      try Data().write(to: URL(fileURLWithPath: made.kernel))
      #expect(builder.find() == nil, "a file that is cut short")
      try Self.makeImage("0123", of: builder, recipe: "another")
      #expect(builder.find() == nil)
    }
  }

  @Test func pruneKeepsTheCurrentImageAlone() async throws {
    try await withTemporaryFolder { folder in
      let builder = Self.builder(folder)
      try Self.makeImage("0ld", of: builder, recipe: "old")
      let current = try Self.makeImage("0123", of: builder, recipe: Recipe.digest)
      mkdir("\(builder.cache.folder)/.build-1-2", 0o755)
      mkdir(builder.store.folder, 0o755)
      for file in ["tc_1_amd64.deb", "old_1_amd64.deb"] {
        try Data(count: 10).write(to: URL(fileURLWithPath: "\(builder.store.folder)/\(file)"))
      }
      let removed = try await builder.prune()
      let names = removed.paths.map { ($0 as NSString).lastPathComponent }
      #expect(names == [".build-1-2", "0ld", "old_1_amd64.deb"])
      #expect(builder.find() == current)
      #expect(try await builder.prune().paths == [])
      #expect(try await builder.prune(all: true).paths.count == 2)
      #expect(builder.find() == nil)
    }
  }

  @Test func dependenciesThatNoBoardNeedsAreLeftOut() {
    let graph = """
      tool
        Depends: libone
       |Depends: debconf
        Depends: <debconf-2.0>
          cdebconf
        Depends: libone-bin
        PreDepends: zlib1g
      libone
        Depends: libtwo
        Depends: perl-base
      libtwo
        Depends: libone
      """
    #expect(
      PackageList.closure(of: ["tool"], in: graph) == ["libone", "libtwo", "tool", "zlib1g"])
  }

  @Test(arguments: ["", "'u' f", "'u' ../x_1_amd64.deb 1 SHA256:0", "'u' a_1_b.deb 1 MD5Sum:00"])
  func otherLinesOfAptAreNoPackages(line: String) {
    #expect(PackageList.Package(aptLine: line[...]) == nil)
  }

  /// An image of three small files that is registered as the current one.
  @discardableResult
  private static func makeImage(
    _ digest: String, of builder: ImageBuilder, recipe: String
  ) throws -> BoardImage {
    let folder = "\(builder.cache.folder)/\(digest)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let names = BoardImage.fileNames
    for name in names { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    var image = BoardImage(
      digest: digest, kernelVersion: "6.1",
      packages: [.init(name: "tc", version: "1", sha256: "00")],
      files: Dictionary(uniqueKeysWithValues: names.map { ($0, .init(sha256: "00", bytes: 1)) }))
    image.folder = folder
    try builder.cache.write(image, to: "\(folder)/\(BoardImage.names.description)")
    try builder.cache.setCurrent(.init(recipe: recipe, aptState: "lists", digest: digest))
    return image
  }
}
