import Foundation
import HostKit
import LabCore

/// The folder of one run. It is filled under a hidden name beside its place and appears complete or not
/// at all.
struct RunFolder: Sendable {
  /// Where it will appear, absolute.
  let destination: String
  /// Where it is filled: `.NAME.partial-PID` in the same folder.
  let work: String

  private static let partialMark = ".partial-"

  /// - Parameter destination: must not exist, or be an empty folder. Folders above it are made.
  /// - Throws: `output_refused`.
  init(_ destination: String) throws(LabError) {
    let url = URL(fileURLWithPath: destination).standardizedFileURL
    let parent = url.deletingLastPathComponent().path
    self.destination = url.path
    work = Self.workPath(of: url.path)
    try Self.checkFree(url.path)
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      Self.sweep(parent)
      try FileManager.default.createDirectory(
        atPath: work, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Self.refused("cannot make \(work)", SystemFault(error, path: work, .make))
    }
  }

  /// Where a run that is to appear at `destination` is filled by this process.
  static func workPath(of destination: String) -> String {
    let url = URL(fileURLWithPath: destination).standardizedFileURL
    let parent = url.deletingLastPathComponent().path
    return "\(parent)/.\(url.lastPathComponent)\(partialMark)\(getpid())"
  }

  /// Whether a path may be one of `workPath`.
  static func isWorkPath(_ path: String) -> Bool {
    let name = (path as NSString).lastPathComponent
    guard path.hasPrefix("/"), !path.contains("/../"), name.hasPrefix("."),
      let mark = name.range(of: partialMark, options: .backwards)
    else { return false }
    return Int32(name[mark.upperBound...]) != nil
  }

  /// Removes what a run that was killed had filled.
  static func removeUnfinished(_ path: String) throws(LabError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw refused("cannot remove \(path)", SystemFault(error, path: path, .make))
    }
  }

  /// Where a run that begins at `start` (ISO 8601, UTC) goes below `runs`.
  static func place(in runs: String, start: String) -> String {
    let name = start.replacingOccurrences(of: ":", with: "-")
    let candidates = [name] + (2...99).map { "\(name)-\($0)" }
    let free = candidates.first { !FileManager.default.fileExists(atPath: "\(runs)/\($0)") }
    return "\(runs)/\(free ?? "\(name)-\(getpid())")"
  }

  /// A new folder in the work folder; returns its path.
  func makeFolder(_ relative: String) throws(LabError) -> String {
    let path = "\(work)/\(relative)"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      return path
    } catch {
      throw Self.refused("cannot make \(path)", SystemFault(error, path: path, .make))
    }
  }

  func write(_ text: String, to relative: String) throws(LabError) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(work)/\(relative)"))
    } catch {
      throw Self.refused(
        "cannot write \(relative)", SystemFault(error, path: "\(work)/\(relative)", .write))
    }
  }

  /// Gives a file a second place in the work folder.
  func keep(_ path: String, as name: String) throws(LabError) {
    try keep(as: name) { try FileCopy.link(from: path, to: $0) }
  }

  /// Copies a file into the work folder.
  func copy(_ path: String, as name: String, permissions: UInt32) throws(LabError) {
    try keep(as: name) { try FileCopy.copy(from: path, to: $0, permissions: permissions) }
  }

  private func keep(as name: String, _ body: (_ place: String) throws -> Void) throws(LabError) {
    let place = "\(work)/\(name)"
    do { try body(place) } catch {
      throw Self.refused("cannot keep \(name)", SystemFault(error, path: place, .make))
    }
  }

  /// Gives the folder its name. rename(2) replaces an empty folder and refuses a full one by itself.
  func publish() throws(LabError) {
    try releaseReserve()
    guard rename(work, destination) == 0 else {
      throw Self.refused(
        "cannot give the run's folder its name \(destination)",
        SystemFault(path: destination, .make))
    }
  }

  /// Where somebody has taken the place meanwhile: gives it the next name that is free, since under its hidden one the lab's
  /// next run would sweep it away.
  /// - Returns: nil where that cannot be done either.
  func publishBeside() -> String? {
    (2...99).lazy.map { "\(destination)-\($0)" }.first { name in
      FileStatus(name, followsLinks: false) == nil && rename(work, name) == 0
    }
  }

  /// Room for the report, whatever else fills the disk meanwhile.
  func reserve() throws(LabError) {
    let file: NewFile
    do throws(SystemFault) { file = try NewFile(reservePath) } catch {
      throw Self.refused("cannot write to \(work)", error)
    }
    // It sets no errno. Where the file system cannot reserve, the report takes its chance.
    let number = posix_fallocate(file.descriptor, 0, Self.reserveLength)
    guard number == 0 || number == EOPNOTSUPP || number == EINVAL else {
      throw Self.refused("cannot write to \(work)", SystemFault(number, path: reservePath, .write))
    }
  }

  func releaseReserve() throws(LabError) {
    guard unlink(reservePath) == 0 || errno == ENOENT else {
      throw Self.refused("cannot remove \(reservePath)", SystemFault(path: reservePath, .make))
    }
  }

  private var reservePath: String { "\(work)/.reserve" }
  private static let reserveLength: off_t = 1 << 20

  /// Points `latest` beside the folder to it, by atomic rename.
  func markLatest() throws(LabError) {
    let url = URL(fileURLWithPath: destination)
    let latest = url.deletingLastPathComponent().appendingPathComponent("latest").path
    let partial = "\(latest)\(Self.partialMark)\(getpid())"
    try Self.checkLatest(latest)
    unlink(partial)
    guard symlink(url.lastPathComponent, partial) == 0, rename(partial, latest) == 0 else {
      let fault = SystemFault(path: latest, .make)
      unlink(partial)
      throw Self.refused("cannot make the link \(latest)", fault)
    }
  }

  /// A link there is ours; what else somebody has put there is not to be lost.
  private static func checkLatest(_ latest: String) throws(LabError) {
    guard let status = FileStatus(latest, followsLinks: false), !status.isLink else { return }
    let what = status.isFolder ? "a folder" : "a file"
    throw LabError(
      .outputRefused, "cannot make the link \(latest): it is \(what) that pilab did not make",
      step: "report",
      hint: "move it away; the run is there by its own name: pilab runs")
  }

  func discard() throws(LabError) {
    guard FileManager.default.fileExists(atPath: work) else { return }
    do {
      try FileManager.default.removeItem(atPath: work)
    } catch {
      throw Self.refused("cannot remove \(work)", SystemFault(error, path: work, .make))
    }
  }

  /// - Parameter path: absolute.
  static func checkFree(_ path: String) throws(LabError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else { throw refused("\(path) exists and is not a folder") }
    try checkEmpty(path)
  }

  /// What runs under way have there does not count: they decide between them who is first.
  static func checkEmpty(_ folder: String, as named: String? = nil) throws(LabError) {
    let contents: [String]
    do {
      contents = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw refused(
        "cannot look into \(named ?? folder)", SystemFault(error, path: folder, .read))
    }
    // Every new ext4 has lost+found.
    guard contents.allSatisfy({ $0 == "lost+found" || isWorkPath("\(folder)/\($0)") }) else {
      throw refused("\(named ?? folder) is not empty")
    }
  }

  /// Removes what pilabs that were killed left in a folder: partial folders, and links to runs, whose process is gone.
  static func sweep(_ parent: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for name in names {
      guard name.hasPrefix(".") || isLinkToRun("\(parent)/\(name)"),
        let mark = name.range(of: partialMark, options: .backwards),
        let process = Int32(name[mark.upperBound...]), kill(process, 0) != 0, errno == ESRCH
      else { continue }
      // One that cannot be removed is somebody else's, and in nobody's way.
      try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
    }
  }

  /// `latest.partial-PID`, as `markLatest` makes it.
  private static func isLinkToRun(_ path: String) -> Bool {
    guard (path as NSString).lastPathComponent.hasPrefix("latest\(partialMark)"),
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    else { return false }
    return RunName(target) != nil
  }

  static func refused(_ message: String, _ fault: SystemFault? = nil) -> LabError {
    let elsewhere = "name another folder with --output"
    var error = LabError(
      .outputRefused, message, step: "report", hint: elsewhere)
    guard let fault else { return error }
    error.cause = fault.description
    error.fault = fault
    error.hint = fault.hint.map { "\($0); or \(elsewhere)" } ?? elsewhere
    return error
  }
}
