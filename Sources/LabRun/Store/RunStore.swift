import Foundation
import HostKit
import LabCore
import LabManifest
import LabResults
import LabValues

/// The finished runs below `.pilab/<lab>/runs/`, and those that people put elsewhere.
public struct RunStore: Sendable {
  public let root: String

  public init(root: String) { self.root = root }

  /// Of one lab, or of every lab that has any; the newest last.
  /// - Throws: `lab_folder_failed` where this user cannot look.
  public func runs(of lab: String?) throws(LabError) -> [StoredRun] {
    let (runs, unseen) = try look(at: lab)
    if let unseen { throw unseen }
    return runs
  }

  /// All that can be seen, and what kept this user from seeing more.
  private func look(at lab: String?) throws(LabError) -> ([StoredRun], unseen: LabError?) {
    let labs: [String]
    if let lab { labs = [lab] } else { labs = try LabIndex(root: root).list().map(\.lab) }
    var runs: [StoredRun] = []
    var unseen: LabError?
    for lab in labs {
      let folder = LabFolder(of: lab, in: root)
      do throws(LabError) {
        let names = try folder.runNames()
        let latest = Self.latest(in: folder.runs)
        runs += names.map {
          StoredRun(lab: lab, name: $0, path: "\(folder.runs)/\($0)", isLatest: $0 == latest)
        }
      } catch { unseen = unseen ?? error }
    }
    return (runs, unseen)
  }

  /// The folder of a run: `text` is a folder, its report.json, or the name of a run (`latest` too), with or
  /// without its lab before a slash; nil takes the newest of all labs.
  /// - Throws: `no_such_run`.
  public func find(_ text: String?, lab: String? = nil) throws(LabError) -> String {
    if let text, let folder = try Self.folder(at: text) { return folder }
    let (all, unseen) = try look(at: lab)
    guard let text else {
      if let unseen { throw unseen }
      guard let newest = Self.newest(of: all) else {
        throw try missing(
          lab.map { "lab '\($0)' has no run here" } ?? "there is no run here", lab: lab, all)
      }
      return newest.path
    }
    let parts = text.split(separator: "/").map(String.init)
    let name = parts.last ?? ""
    let fits = all.filter { run in
      (run.name == name || name == "latest" && run.isLatest)
        && (parts.count < 2 || run.lab == parts[parts.count - 2])
    }
    // Names are times, so that two labs can have runs of one name.
    guard fits.count < 2 || name == "latest" else {
      throw LabError(
        .runAmbiguous, "several labs have a run '\(name)'",
        hint: "write the lab before it: \(fits[0].lab)/\(name)")
    }
    guard let run = Self.newest(of: fits) else {
      if let unseen { throw unseen }
      throw try missing("there is no run '\(text)'", text, lab: lab, all)
    }
    return run.path
  }

  /// Of those that have a report, where any has.
  private static func newest(of runs: [StoredRun]) -> StoredRun? {
    let whole = runs.filter { FileStatus("\($0.path)/report.json") != nil }
    return (whole.isEmpty ? runs : whole).max { a, b in
      guard let first = RunName(a.name), let second = RunName(b.name) else { return false }
      return first < second
    }
  }

  /// The report of a run.
  /// - Throws: `report_unreadable`.
  public static func report(in folder: String) throws(LabError) -> RunResult {
    do throws(ReportFileError) { return try ReportFile.read("\(folder)/report.json") } catch {
      throw LabError(
        .reportUnreadable, "cannot read the report of \(folder)",
        SystemFault(error, path: "\(folder)/report.json", .read),
        hint: "is it the folder of a run? see: pilab runs")
    }
  }

  /// What is there is not looked at: whoever reads it says what is wrong with it.
  /// - Throws: `report_unreadable` where this user may not look.
  private static func folder(at path: String) throws(LabError) -> String? {
    let full = URL(fileURLWithPath: path).standardizedFileURL.path
    if FileStatus("\(full)/report.json", followsLinks: false) != nil { return full }
    if errno == EACCES {
      throw LabError(
        .reportUnreadable, "cannot read the report of \(path)",
        SystemFault(path: "\(full)/report.json", .read))
    }
    guard full.hasSuffix(".json"), FileStatus(full, followsLinks: false)?.isFolder == false else {
      return nil
    }
    return (full as NSString).deletingLastPathComponent
  }

  static func latest(in folder: String) -> String? {
    // No link is no error: a lab has none before its first run.
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/latest"))
      .map { ($0 as NSString).lastPathComponent }
  }

  /// - Throws: `no_such_run` where nothing here is of such a lab, which is more than that it has no run yet.
  public func require(lab: String) throws(LabError) {
    guard !(try LabIndex(root: root).list().contains { $0.lab == lab }) else { return }
    throw try missing("there is no lab '\(lab)' here", lab: lab, runs(of: nil))
  }

  private func missing(
    _ message: String, _ text: String? = nil, lab: String?, _ all: [StoredRun]
  ) throws(LabError) -> LabError {
    let labs = try LabIndex(root: root).list().map(\.lab)
    var near: String?
    if let lab, !labs.contains(lab) { near = Suggestion.nearest(to: lab, among: labs) }
    if let text, near == nil {
      let latest = all.isEmpty ? [] : ["latest"]
      let names = all.map(\.name) + all.map { "\($0.lab)/\($0.name)" } + latest
      near = Suggestion.nearest(to: text, among: names + labs.map { "\($0)/latest" })
    }
    if let near {
      return LabError(
        .noSuchRun, message, hint: "did you mean '\(near)'? see: pilab runs")
    }
    let hint =
      all.last.map { "see: pilab runs; the newest is \($0.lab)/\($0.name)" }
      ?? "make one: pilab run"
    return LabError(.noSuchRun, message, hint: hint)
  }
}

/// A finished run on the disk.
public struct StoredRun: Sendable, Equatable {
  public var lab: String
  public var name: String
  /// Absolute.
  public var path: String
  /// `latest` names it.
  public var isLatest: Bool

  /// Of all its files, bytes.
  public var bytes: UInt64 {
    let files = FileManager.default.enumerator(atPath: path)
    var sum: UInt64 = 0
    while let name = files?.nextObject() as? String {
      guard let status = FileStatus("\(path)/\(name)"), status.isRegular else { continue }
      sum += status.bytes
    }
    return sum
  }
}
