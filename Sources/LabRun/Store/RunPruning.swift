import Foundation
import HostKit
import LabCore

extension RunStore {
  /// Removes all but the newest runs of each lab. The one that `latest` names stays in any case, and what is
  /// not finished is not touched.
  /// - Parameters:
  ///   - keep: how many of each lab stay.
  ///   - isTrial: only says what would go.
  /// - Returns: what was removed.
  public func prune(
    lab: String?, keep: Int, isTrial: Bool
  ) throws(LabError) -> [StoredRun] {
    var removed: [StoredRun] = []
    let stored = try runs(of: lab)
    for lab in Set(stored.map(\.lab)) where !isTrial {
      RunFolder.sweep(LabFolder(of: lab, in: root).runs)
    }
    for (_, all) in Dictionary(grouping: stored, by: \.lab).sorted(by: {
      $0.key < $1.key
    }) {
      for run in all.dropLast(keep) where !run.isLatest {
        if !isTrial { try Self.remove(run) }
        removed.append(run)
      }
    }
    return removed
  }

  /// Removes what interrupted sweeps have measured.
  /// - Returns: the paths of their journals.
  /// - Throws: `lab_in_use` where a sweep may be under way.
  public func pruneInterrupted(lab: String?, isTrial: Bool) throws(LabError) -> [String] {
    let labs: [String]
    if let lab { labs = [lab] } else { labs = try LabIndex(root: root).list().map(\.lab) }
    var removed: [String] = []
    for lab in labs {
      let folder = LabFolder(of: lab, in: root)
      let names = try folder.namesOfRuns()
      guard !SweepJournal.unfinished(names, in: folder.runs).isEmpty else { continue }
      let lock = try LabLock(folder.lock, lab: lab)
      for path in SweepJournal.unfinished(try folder.namesOfRuns(), in: folder.runs) {
        if !isTrial, unlink(path) != 0 {
          throw LabError(
            .pruneFailed, "cannot remove \(path)", SystemFault(path: path, .make), step: "prune")
        }
        removed.append(path)
      }
      withExtendedLifetime(lock) {}
    }
    return removed
  }

  /// Under a hidden name first, so that no half of a run can be taken for one; what a crash leaves of it,
  /// the next run sweeps away.
  private static func remove(_ run: StoredRun) throws(LabError) {
    let folder = (run.path as NSString).deletingLastPathComponent
    // A run may have become the latest since they were listed.
    guard latest(in: folder) != run.name else { return }
    // Half of another user's run could be removed, and the rest would be lost under a hidden name.
    guard faccessat(AT_FDCWD, run.path, R_OK | W_OK | X_OK, AT_EACCESS) == 0 else {
      throw failure(run, SystemFault(path: run.path, .make))
    }
    let doomed = RunFolder.workPath(of: run.path)
    guard rename(run.path, doomed) == 0 else {
      throw failure(run, SystemFault(path: run.path, .make))
    }
    do { try FileManager.default.removeItem(atPath: doomed) } catch {
      throw failure(run, SystemFault(error, path: doomed, .make))
    }
  }

  private static func failure(_ run: StoredRun, _ fault: SystemFault) -> LabError {
    LabError(
      .pruneFailed, "cannot remove the run \(run.path)", fault, step: "prune")
  }
}
