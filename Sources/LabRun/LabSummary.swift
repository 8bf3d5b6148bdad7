import Foundation
import LabBackends
import LabManifest

/// How a lab is, as its state file and its lock tell.
public enum LabCondition: String, Codable, Sendable {
  case down, creating, up, destroying
  /// Whoever made it or took it down did not finish, or its state cannot be trusted.
  case broken

  var words: String {
    switch self {
    case .creating: "being made"
    case .destroying: "being taken down"
    default: rawValue
    }
  }
}

/// One lab of a folder.
public struct LabSummary: Sendable {
  public var lab: String
  public var condition: LabCondition
  /// What is broken.
  public var reason: String?
  public var state: LabState?
  /// The pilab that works on it now.
  public var holder: Int32?
  /// Finished runs that are kept.
  public var runs: Int
}

extension LabKeeper {
  /// Every lab of the folder by name, those that are down and have kept their runs included.
  public func list() throws(RunError) -> [LabSummary] {
    guard FileStatus(root)?.isFolder == true else { return [] }
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: root) } catch {
      throw RunError(
        "lab_folder_failed", "cannot look into \(root)", step: "list",
        cause: error.localizedDescription, status: .environmentUnfit)
    }
    var summaries: [LabSummary] = []
    for name in names.sorted() where LabFolder(of: name, in: root).exists {
      do throws(RunError) { summaries.append(try summary(name)) } catch {
        summaries.append(
          LabSummary(lab: name, condition: .broken, reason: "\(error)", runs: runs(of: name).count))
      }
    }
    return summaries
  }

  /// - Throws: `state_damaged`.
  public func summary(_ lab: String) throws(RunError) -> LabSummary {
    let folder = LabFolder(of: lab, in: root)
    // Before the state: whoever lets go of the lock in between has written the state by then.
    let holder = LabLock.holder(folder.lock)
    let state = try folder.state.read()
    var summary = LabSummary(
      lab: lab, condition: .down, state: state, holder: holder, runs: runs(of: lab).count)
    guard let state else { return summary }
    switch state.phase {
    case .up: summary.condition = .up
    case .creating: summary.condition = .creating
    case .destroying: summary.condition = .destroying
    }
    guard holder == nil, state.isTransient || state.phase != .up else { return summary }
    summary.condition = .broken
    summary.reason =
      switch state.phase {
      case .creating: "process \(state.maker) did not finish making it"
      case .up: "process \(state.maker), whose run it was made for, is gone"
      case .destroying: "taking it down was not finished"
      }
    return summary
  }

  /// Names of the finished runs, the oldest first.
  public func runs(of lab: String) -> [String] {
    let folder = LabFolder(of: lab, in: root).runs
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { !$0.hasPrefix(".") && $0 != "latest" }.sorted()
  }
}
