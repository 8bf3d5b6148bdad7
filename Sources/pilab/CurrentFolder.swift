import Foundation
import LabCore
import LabRun

/// The current folder: every path begins there.
enum CurrentFolder {
  /// Its name as the kernel has it; nil where it was removed.
  static var bytes: [UInt8]? {
    guard let here = getcwd(nil, 0) else { return nil }
    defer { free(here) }
    return [UInt8](UnsafeRawBufferPointer(start: here, count: strlen(here)))
  }

  /// - Throws: `folder_unnamed` where its name is no text: repaired, it would be another folder's.
  static func check() throws(LabError) {
    guard let bytes, String(validating: bytes, as: UTF8.self) == nil else { return }
    throw LabError(
      .folderUnnamed, "the current folder's name is not UTF-8: '\(RawArguments.visible(bytes))'",
      step: "start",
      hint: "rename the folder, or start pilab in another one")
  }
}
