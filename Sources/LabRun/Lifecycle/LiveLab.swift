import LabCore
import LabManifest
import LabValues

//  LabKeeper.attach, or a run ──▶ LiveLab ──▶ impair, link, kill, reboot, snapshot, restore, console, capture
//                                   └── state file: what is begun, and what holds then

/// A lab that is up, and what can be done to it and its boards: by a command on its own, or by a run while its exchanges
/// go on. The lab's state is true to it either way.
public struct LiveLab: Sendable {
  public let running: any RunningLab
  let folder: LabFolder
  let observer: RunObserver

  public var name: String { folder.lab }
  public var mode: LabMode { running.record.mode }

  /// - Throws: `no_such_board`.
  public func board(_ name: String) throws(LabError) -> any RunningBoard {
    do throws(LabError) { return try running.board(name) } catch {
      var failure = error
      failure.message = "lab '\(self.name)' has no board '\(name)'"
      failure.hint = Suggestion.hint(
        for: name, among: running.record.boards.map(\.name), listing: "its boards are")
      throw failure
    }
  }

  /// What is in force now; nil where the lab has gone meanwhile.
  /// - Throws: `state_damaged`.
  func conditions() throws(LabError) -> LabConditions? { try folder.state.read()?.inForce }

  /// Whether nobody has taken the lab down since.
  func isUp() throws(LabError) -> Bool {
    try LabIndex(root: folder.root).summary(name).condition == .up
  }

  /// Does something to the lab, and keeps its state true to it.
  /// - Parameter impairment: what is in force then; for an `impair`.
  func change(
    _ change: LabChange, impairment: LinkImpairment? = nil,
    _ body: () async throws(LabError) -> Void
  ) async throws(LabError) {
    let file = folder.state
    var begun = change
    try file.change { begun = $0.inForce.begin(change) }
    do throws(LabError) { try await body() } catch {
      // The codes are those of what is seen before anything is done.
      let isUndone =
        error.isBeforehand || [.unsupported, .noSuchSnapshot, .switchedOff].contains(error.code)
      do throws(LabError) {
        try file.change { $0.inForce.fail(begun, isUndone: isUndone) }
      } catch { observer(.note("\(error)")) }
      throw error
    }
    try file.change { $0.inForce.finish(begun, impairment) }
  }
}

extension LabLifecycle {
  /// For whoever does something to the lab's boards.
  func live(_ lab: any RunningLab) -> LiveLab {
    LiveLab(running: lab, folder: folder, observer: observer)
  }
}
