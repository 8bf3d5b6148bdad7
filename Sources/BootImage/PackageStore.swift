import Foundation
import HostKit
import LabCore
import PiCrypto

/// Package files that earlier builds fetched, in a folder; whatever is used is checked against its hash first.
package struct PackageStore: Sendable {
  let folder: String
  let tool: Tool

  /// Fetches the packages that are not there yet.
  /// - Throws: `.downloadFailed`, `.cacheUnusable`.
  func fetch(
    _ list: PackageList, progress: @Sendable (ImageProgress) -> Void
  ) async throws(LabError) {
    let missing = list.packages.filter { !holds($0) }
    guard !missing.isEmpty else { return }
    progress(
      .downloading(packages: missing.count, bytes: missing.reduce(0) { $0 + $1.bytes }))
    // With the version, so that lists that change meanwhile make no other image than was asked for.
    let outcome = try await tool.attempt(
      PackageList.apt + ["download"] + missing.map { "\($0.name)=\($0.version)" }, in: folder)
    guard outcome.succeeded else {
      throw LabError(
        .downloadFailed, "apt cannot download the packages of the board image", step: "image",
        hint: "as root: apt-get update; then try again", cause: outcome.errors)
    }
    if let wrong = missing.first(where: { !holds($0) }) {
      throw LabError(
        .downloadFailed, "the package file \(wrong.file) is not the one that apt's lists name",
        step: "image",
        hint: "as root: apt-get update; then try again")
    }
  }

  func path(of package: PackageList.Package) -> String { "\(folder)/\(package.file)" }

  private func holds(_ package: PackageList.Package) -> Bool {
    let path = path(of: package)
    guard FileKind.regularSize(path) == package.bytes else { return false }
    // One that cannot be read is fetched again.
    do { return try RegularFile(path).sha256() == package.sha256 } catch { return false }
  }
}
