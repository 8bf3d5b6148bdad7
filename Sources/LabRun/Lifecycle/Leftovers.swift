import Foundation
import HostKit
import LabCore
import LabManifest

//  marks on this machine ──┬── the lab's folder has a state of that id ── a lab like any other, there
//  (processes, domains,    ├── it cannot be looked at ───────────────── unknown, left alone
//   networks, machines)    └── no such state ────────────────────────── left over

/// A lab of this user that was found by what it has on this machine.
public struct FoundLab: Sendable {
  /// What became of a lab.
  public enum Condition: String, Codable, Sendable {
    /// Its folder is there, and takes it down.
    case present
    /// Its folder was deleted or moved.
    case leftOver = "left over"
    case unknown
  }

  public var trace: LabTrace
  public var condition: Condition

  public var lab: String { trace.lab ?? "?" }
}

/// What is left of labs on this machine.
public struct FoundLabs: Sendable {
  public var labs: [FoundLab]
  /// What could not be looked at, and why.
  public var unseen: [String]
}

extension LabKeeper {
  /// Every lab of this user that has something on this machine, wherever its folder is.
  public func found() async -> FoundLabs {
    var traces: [LabTrace] = []
    var unseen: [String] = []
    for backend in catalog.backends {
      let seen = await backend.traces()
      unseen += seen.unseen
      for trace in seen.found.map(Self.identified) {
        if let index = traces.firstIndex(where: { $0.id == trace.id }) {
          traces[index] = traces[index].merged(with: trace)
        } else {
          traces.append(trace)
        }
      }
    }
    let labs = traces.map { FoundLab(trace: $0, condition: Self.condition($0)) }
    return FoundLabs(
      labs: labs.sorted { ($0.lab, $0.trace.id) < ($1.lab, $1.trace.id) }, unseen: unseen)
  }

  /// Removes what is left of a lab whose folder is gone; looks again first, for it may have come back.
  /// - Throws: `lab_not_left_over`.
  public func removeLeftover(_ lab: FoundLab) async throws(LabError) {
    guard Self.condition(lab.trace) == .leftOver else {
      throw LabError(
        .labNotLeftOver, "lab '\(lab.lab)' is not left over: its folder is there",
        step: "destroy",
        hint:
          "take it down there: cd '\(lab.trace.folder ?? "")/../..' && pilab down --lab \(lab.lab)")
    }
    try await erase(lab.trace)
  }

  /// Not to be cancelled half way.
  func erase(_ trace: LabTrace) async throws(LabError) {
    guard let backend = catalog.backends.first(where: { $0.mode == trace.mode }) else { return }
    try await uncancelled { () throws(LabError) in try await backend.erase(trace) }
  }

  /// Whether the lab whose state lies in a folder is the one of that id.
  static func isHome(_ folder: String, of id: String) -> Bool {
    if case .nobody = owner(of: "\(folder)/state.json") { return false }
    if case .lab(let other) = owner(of: "\(folder)/state.json") { return other == id }
    // One that cannot be read may be its home.
    return true
  }

  /// Programs that do not show whose they are belong to the lab that lives in their folder.
  private static func identified(_ trace: LabTrace) -> LabTrace {
    var trace = trace
    if trace.isOfUnknownID, let folder = trace.folder,
      case .lab(let id) = owner(of: "\(folder)/state.json")
    {
      trace.id = id
    }
    return trace
  }

  private static func condition(_ trace: LabTrace) -> FoundLab.Condition {
    guard !trace.places.isEmpty else { return .unknown }
    let trace = identified(trace)
    var condition = FoundLab.Condition.leftOver
    for place in trace.places {
      switch owner(of: "\(place)/state.json") {
      case .lab(let id) where id == trace.id || trace.isHalf(of: id): return .present
      case .lab, .nobody: break
      case .unreadable: condition = .unknown
      }
    }
    return condition
  }

  private enum Owner {
    case lab(String)
    case nobody
    case unreadable
  }

  private struct Identity: Decodable {
    struct Record: Decodable { var id: String }
    var record: Record
  }

  /// The lab that a state file is of, whatever else may be wrong with it.
  private static func owner(of path: String) -> Owner {
    var status = stat()
    guard stat(path, &status) == 0 else {
      // The process by whose root it was looked at may have ended: then its other place tells.
      return errno == ENOENT || errno == ENOTDIR || errno == ESRCH ? .nobody : .unreadable
    }
    guard FileStatus(status).isRegular, status.st_size <= StateFile.longest,
      let data = FileManager.default.contents(atPath: path),
      let identity = try? JSONDecoder().decode(Identity.self, from: data)
    else { return .unreadable }
    return .lab(identity.record.id)
  }
}

extension LabTrace {
  /// Of a machine whose settings are lost only half of the lab's id is known.
  fileprivate func isHalf(of id: String) -> Bool {
    self.id.hasSuffix("00000000") && id.prefix(8) == self.id.prefix(8)
  }
}
