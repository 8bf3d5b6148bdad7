import LabCore

/// What goes wrong with the boot image.
extension LabError.Code {
  package static let toolMissing = Self("tool_missing")
  /// apt knows no packages at all, or not one that is needed.
  package static let packagesUnknown = Self("packages_unknown")
  package static let downloadFailed = Self("download_failed")
  /// The cache folder cannot be made, written to or read.
  package static let cacheUnusable = Self("cache_unusable")
  package static let buildFailed = Self("image_build_failed")
  package static let identityInvalid = Self("identity_invalid")
}
