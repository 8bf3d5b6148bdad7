import Foundation

extension LabState {
  /// Of a lab whose folder was moved: names the folder where it is now. One that was copied stays with the original,
  /// whose lab it is.
  /// - Returns: where it was; nil where it was not moved.
  mutating func move(to folder: String) -> String? {
    let former = record.folder
    // A lab's folder has the lab's name, wherever it lies.
    guard (former as NSString).lastPathComponent == record.lab,
      Self.resolved(former) != Self.resolved(folder),
      !LabKeeper.isHome(former, of: record.id)
    else { return nil }
    record.folder = folder
    unfinishedRuns = unfinishedRuns.map { path in
      path.hasPrefix(former + "/") ? folder + path.dropFirst(former.count) : path
    }
    return former
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}
