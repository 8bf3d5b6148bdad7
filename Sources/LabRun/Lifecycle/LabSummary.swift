import Foundation
import HostKit
import LabCore
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

/// The labs of a folder, as far as files tell: no board is asked, and no backend needed.
public struct LabIndex: Sendable {
  public let root: String

  public init(root: String) { self.root = root }

  /// - Throws: what would keep this user's labs from being made, seen or taken down here, or their programs from running.
  public func checkFolder() throws(LabError) {
    let above = (root as NSString).deletingLastPathComponent
    do throws(SystemFault) {
      guard try Folder.exists(root) else {
        try Folder.checkUsable(above)
        return try Folder.checkRunsPrograms(above)
      }
      try Folder.checkUsable(root)
      try Folder.checkRunsPrograms(root)
    } catch {
      throw LabError(
        .labFolderFailed, "labs cannot be kept in \(root)", error, step: "doctor")
    }
    for lab in try list() { _ = try LabFolder(of: lab.lab, in: root).isThere() }
  }

  /// Every lab of the folder by name, those that are down and have kept their runs included.
  public func list() throws(LabError) -> [LabSummary] {
    let names: [String]
    do {
      guard try Folder.exists(root) else { return [] }
      names = try FileManager.default.contentsOfDirectory(atPath: root)
    } catch {
      throw LabError(
        .labFolderFailed, "cannot look into \(root)", SystemFault(error, path: root, .read),
        step: "list")
    }
    var summaries: [LabSummary] = []
    for name in names.sorted() where LabFolder(of: name, in: root).exists {
      do throws(LabError) { summaries.append(try summary(name)) } catch {
        summaries.append(
          LabSummary(
            lab: name, condition: .broken, reason: error.withHint,
            runs: (try? runs(of: name).count) ?? 0))
      }
    }
    return summaries
  }

  /// - Throws: `state_damaged`.
  public func summary(_ lab: String) throws(LabError) -> LabSummary {
    let folder = LabFolder(of: lab, in: root)
    _ = try folder.isThere()
    // Before the state: whoever lets go of the lock in between has written the state by then.
    let holder = LabLock.holder(folder.lock)
    let state = try folder.state.read()
    var summary = LabSummary(lab: lab, condition: .down, state: state, holder: holder, runs: 0)
    // A lab whose runs cannot be seen is what it is all the same.
    do throws(LabError) { summary.runs = try runs(of: lab).count } catch {
      summary.reason = error.withHint
    }
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
  /// - Throws: `lab_folder_failed` where this user cannot look.
  public func runs(of lab: String) throws(LabError) -> [String] {
    try LabFolder(of: lab, in: root).runNames()
  }
}

extension LabError {
  /// In one line; the hint only where the machine is to blame, because those of a broken lab are said beside it.
  fileprivate var withHint: String {
    fault == nil ? "\(self)" : "\(self)\(hint.map { " (\($0))" } ?? "")"
  }
}
