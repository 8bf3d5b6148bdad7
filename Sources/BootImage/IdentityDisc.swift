import Foundation
import HostKit
import LabCore

extension BoardIdentity {
  /// The volume label that a board looks for on its drives.
  static let discLabel = "PILAB_IDENTITY"

  /// Writes a small ISO that holds `archive()`, for a machine that boots the image's ISO. Mode 0600; appears by
  /// rename.
  /// - Throws: `.identityInvalid`, `.toolMissing` (xorriso), `.cacheUnusable`.
  public func writeISO(to path: String) async throws(LabError) {
    let archive = try archive()
    let tool = Tool.building()
    let work = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
    guard mkdir(work, 0o700) == 0 else { throw CacheFile.failure(work) }
    defer { try? FileManager.default.removeItem(atPath: work) }
    try CacheFile.write("\(work)/identity.cpio") { file throws(SystemFault) in
      try file.write(archive)
    }
    try await tool.build(
      [
        "xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", Self.discLabel, "-o", "disc.iso",
        "identity.cpio",
      ], in: work, environment: ["SOURCE_DATE_EPOCH": "\(Archive.time)"])
    try CacheFile.write(path) { file throws(SystemFault) in
      try file.write(contentsOf: "\(work)/disc.iso")
    }
  }
}
