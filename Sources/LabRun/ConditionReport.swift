import Foundation
import LabManifest
import LabResults

/// What of a lab's conditions belongs into the report of a run.
struct RunConditions: Sendable {
  let file: StateFile
  /// When the run began.
  let start: LabConditions
  /// Boards have links of their own.
  let hasLinks: Bool

  /// As they are now; those of the start where the state cannot be read any more.
  var now: LabConditions { ((try? file.read()) ?? nil)?.inForce ?? start }

  func board(_ name: String, address: String) -> BoardReport {
    BoardReport(name: name, address: address, start.board(name), hasLinks: hasLinks)
  }

  /// Nil where nothing was done.
  var changes: [ChangeReport]? {
    let now = now
    guard !now.changes.isEmpty else { return nil }
    return now.changes.map {
      ChangeReport($0, duringRun: $0.number > start.count, byScenario: $0.process == getpid())
    }
  }
}

extension BoardReport {
  init(name: String, address: String, _ condition: BoardCondition, hasLinks: Bool) {
    self.init(name: name, address: address)
    if condition.isOff { power = "off" }
    doubt = condition.doubt
    guard hasLinks else { return }
    link = condition.isLinkDown ? "down" : "up"
    impairment = condition.impairment?.description
    impairmentFrom = condition.origin?.rawValue
  }
}

extension ChangeReport {
  init(_ change: LabChange, duringRun: Bool, byScenario: Bool) {
    self.init(
      at: change.at, kind: change.kind.rawValue, board: change.board, detail: change.detail,
      command: change.command, duringRun: duringRun,
      byScenario: duringRun && byScenario)
  }
}
