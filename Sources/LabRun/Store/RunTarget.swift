import Foundation
import HostKit
import LabCore

//  nothing there      ── rename the run's folder, or copy it beside and rename the copy
//  an empty folder    ── move or copy the run into it under a hidden name, then each entry up: it stays the folder it
//                        was, so that it may be a mount point, another's, or what a link leads to

/// Where the user wants a run's folder: filled when the run is done, and before that as it was.
struct RunTarget: Sendable {
  /// As the user wrote it, absolute.
  let named: String
  /// Hidden folders that a pilab which is killed may leave there.
  let hidden: [String]

  /// - Throws: `output_refused` where it cannot be filled as things are now.
  init(_ path: String) throws(LabError) {
    named = path
    let place = try Self.place(path)
    hidden = [Self.beside(place.path), Self.inside(place.path)]
    switch place.kind {
    case .absent: try Self.checkParent(of: place.path)
    case .folder:
      RunFolder.sweep(place.path)
      try RunFolder.checkEmpty(place.path, as: path)
      try Self.checkWritable(place.path)
    default: throw RunFolder.refused("\(path) exists and is not a folder")
    }
  }

  /// Takes the run's folder to its place; where that fails, it is where it was.
  func fill(from work: String) throws(LabError) {
    let place = try Self.place(named)
    switch place.kind {
    case .absent: try appear(as: place.path, from: work)
    case .folder: try fill(folder: place.path, from: work)
    default: throw RunFolder.refused("\(named) exists and is not a folder")
    }
  }

  // MARK: - A folder that is not there

  private func appear(as path: String, from work: String) throws(LabError) {
    let parent = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch { throw refused("cannot make \(parent)", SystemFault(error, path: parent, .make)) }
    if rename(work, path) == 0 { return }
    guard errno == EXDEV else {
      throw refused("cannot make \(named)", SystemFault(path: named, .make))
    }
    let copy = Self.beside(path)
    try copyTree(work, to: copy)
    guard rename(copy, path) == 0 else {
      let fault = SystemFault(path: named, .make)
      Self.remove(copy)
      throw refused("cannot make \(named)", fault)
    }
    Self.remove(work)
  }

  // MARK: - An empty folder

  private func fill(folder: String, from work: String) throws(LabError) {
    let inside = Self.inside(folder)
    let isMoved = rename(work, inside) == 0
    if !isMoved {
      guard errno == EXDEV else {
        throw refused("cannot fill \(named)", SystemFault(path: named, .make))
      }
      try copyTree(work, to: inside)
    }
    do throws(LabError) { try lift(inside, into: folder) } catch {
      if isMoved { _ = rename(inside, work) } else { Self.remove(inside) }
      throw error
    }
    rmdir(inside)
    if !isMoved { Self.remove(work) }
  }

  /// Two runs that fill one folder come one after the other, and the second finds it full.
  private func lift(_ inside: String, into folder: String) throws(LabError) {
    let lock = try lock(folder)
    defer { withExtendedLifetime(lock) {} }
    try RunFolder.checkEmpty(folder, as: named)
    var lifted: [String] = []
    for name in try names(in: inside).sorted(by: Self.reportLast) {
      let target = "\(folder)/\(name)"
      if FileStatus(target) == nil, rename("\(inside)/\(name)", target) == 0 {
        lifted.append(name)
        continue
      }
      let fault = SystemFault(path: named, .make)
      for name in lifted.reversed() { _ = rename("\(folder)/\(name)", "\(inside)/\(name)") }
      throw refused("cannot fill \(named)", fault)
    }
  }

  private static let lockTimeout = Duration.seconds(60)

  /// Nil on a file system that has no locks: a name that is taken is seen all the same.
  private func lock(_ folder: String) throws(LabError) -> FileLock? {
    do throws(SystemError) {
      return try FileLock.wait(for: .folder(folder), timeout: Self.lockTimeout)
    } catch {
      if [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL].contains(error.number) { return nil }
      throw refused("cannot fill \(named)", SystemFault(error, path: named, .make))
    }
  }

  /// A folder with a report is a run, so the report comes when the rest is there.
  private static func reportLast(_ a: String, _ b: String) -> Bool {
    (a == "report.json" ? 1 : 0, a) < (b == "report.json" ? 1 : 0, b)
  }

  // MARK: - Copies

  private func copyTree(_ source: String, to destination: String) throws(LabError) {
    do {
      Self.remove(destination)
      try Self.copyFolder(source, to: destination)
    } catch {
      Self.remove(destination)
      throw refused("cannot copy the run to \(named)", SystemFault(error, path: destination, .make))
    }
  }

  private static func copyFolder(_ source: String, to destination: String) throws {
    try FileManager.default.createDirectory(
      atPath: destination, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
    for name in try FileManager.default.contentsOfDirectory(atPath: source) {
      let (from, to) = ("\(source)/\(name)", "\(destination)/\(name)")
      guard let status = FileStatus(from) else { continue }
      if status.isFolder {
        try copyFolder(from, to: to)
      } else {
        try FileCopy.copy(from: from, to: to, permissions: status.permissions)
      }
    }
  }

  private func names(in folder: String) throws(LabError) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw refused("cannot look into \(folder)", SystemFault(error, path: folder, .read))
    }
  }

  /// What cannot be removed is swept by a later run, or by `pilab down`.
  private static func remove(_ path: String) {
    guard FileStatus(path) != nil else { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  // MARK: - Places and checks

  private static func beside(_ path: String) -> String { RunFolder.workPath(of: path) }

  private static func inside(_ folder: String) -> String {
    RunFolder.workPath(of: "\(folder)/run")
  }

  private static func place(_ path: String) throws(LabError) -> OutputPlace {
    do throws(OutputFailure) { return try OutputPlace(path) } catch {
      throw RunFolder.refused("cannot write to \(path)", SystemFault(error, path: path, .make))
    }
  }

  /// The nearest folder above that is there must take new ones.
  private static func checkParent(of path: String) throws(LabError) {
    var folder = (path as NSString).deletingLastPathComponent
    while FileStatus(folder) == nil, errno == ENOENT, folder != "/" {
      folder = (folder as NSString).deletingLastPathComponent
    }
    guard let status = FileStatus(folder) else {
      throw RunFolder.refused("cannot make \(path)", SystemFault(path: path, .make))
    }
    guard status.isFolder else {
      throw RunFolder.refused("cannot make \(path): \(folder) is not a folder")
    }
    RunFolder.sweep(folder)
    try checkWritable(folder)
  }

  private static func checkWritable(_ folder: String) throws(LabError) {
    guard access(folder, W_OK | X_OK) == 0 else {
      throw RunFolder.refused("cannot write to \(folder)", SystemFault(path: folder, .make))
    }
  }

  private func refused(_ message: String, _ fault: SystemFault? = nil) -> LabError {
    RunFolder.refused(message, fault)
  }
}
