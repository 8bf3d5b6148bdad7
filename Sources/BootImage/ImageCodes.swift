import LabCore

/// What goes wrong with the boot image.
extension LabError.Code {
  static let toolMissing = Self("tool_missing")
  /// apt knows no packages at all, or not one that is needed.
  static let packagesUnknown = Self("packages_unknown")
  static let downloadFailed = Self("download_failed")
  /// The cache folder cannot be made, written to or read.
  static let cacheUnusable = Self("cache_unusable")
  static let buildFailed = Self("image_build_failed")
  static let identityInvalid = Self("identity_invalid")
}
