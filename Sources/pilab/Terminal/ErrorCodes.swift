import LabCore

/// Of the command line, and of what is printed.
extension LabError.Code {
  static let bootImageMissing = Self("boot_image_missing", .inputMissing)
  static let folderUnnamed = Self("folder_unnamed")
  /// A picture whose name is not UTF-8 gets a link, which cannot be made.
  static let imageNotLinked = Self("image_not_linked")
  static let inputClosed = Self("input_closed", .inputMissing)
  static let labUnnamed = Self("lab_unnamed", .usage)
  static let manifestMissing = Self("manifest_missing", .inputMissing)
  static let noBrowser = Self("no_browser")
  static let notPrinted = Self("not_printed", .environmentUnfit)
  static let noProc = Self("no_proc")
  static let noSuchLog = Self("no_such_log", .usage)
  static let reportMissing = Self("report_missing", .inputMissing)
  static let resourcesShort = Self("resources_short")
  static let usage = Self("usage", .usage)
}
