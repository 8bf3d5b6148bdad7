import Foundation
import HostKit
import LabCore
import LabManifest

/// Brings labs up, finds them and takes them down, one pilab at a time for each lab.
public struct LabKeeper: Sendable {
  public let root: String
  let catalog: BackendCatalog
  let observer: RunObserver

  public init(
    root: String, catalog: BackendCatalog,
    observer: @escaping RunObserver = { _ in }
  ) {
    self.root = root
    self.catalog = catalog
    self.observer = observer
  }

  /// What its folder tells of the labs.
  public var index: LabIndex { LabIndex(root: root) }

  /// Makes the lab, or finds that it is up.
  /// - Returns: whether it was made.
  /// - Throws: when the calling task is cancelled, `.cancelled`; what was made is removed again.
  public func up(_ request: LabRequest) async throws(LabError) -> Bool {
    let folder = LabFolder(of: request.manifest.name, in: root)
    // Before anything is made: a machine that cannot do it keeps no trace.
    let backend =
      FileStatus(folder.state.path) == nil ? try await request.backend(from: catalog) : nil
    try folder.create()
    let lock = try LabLock(folder.lock, lab: folder.lab)
    defer { withExtendedLifetime(lock) {} }
    let lifecycle = LabLifecycle(folder: folder, catalog: catalog, observer: observer)
    do throws(LabError) {
      if let state = try await lifecycle.found() {
        try state.check(against: request)
        _ = try await lifecycle.attach(state)
        try await checkPower(of: state)
        return false
      }
      _ = try await lifecycle.make(request, on: backend, isTransient: false)
      return true
    } catch {
      if FileStatus(folder.state.path) == nil { folder.removeIfUnused() }
      throw error
    }
  }

  /// A lab is not up while a board of it is off.
  private func checkPower(of state: LabState) async throws(LabError) {
    let backend = try catalog.backend(of: state.record)
    guard backend.abilities.contains(.power) else { return }
    for board in await backend.status(state.record) where board.state != .running {
      let what = if case .broken(let words) = board.state { words } else { "it is not there" }
      throw LabError(
        .broken, "lab '\(state.record.lab)' is incomplete: \(what)",
        board: board.name, step: "attach",
        hint: "start the board: pilab reboot \(board.name); or take the lab down: pilab down")
    }
  }

  /// Removes the lab but for its runs, whatever state it is in.
  /// - Returns: whether there was anything of it. Not to be cancelled half way.
  public func down(_ lab: String) async throws(LabError) -> Bool {
    let folder = LabFolder(of: lab, in: root)
    guard try folder.isThere() else { return false }
    let lock = try LabLock(folder.lock, lab: lab)
    defer { withExtendedLifetime(lock) {} }
    let found = try folder.state.readMoved()
    if found == nil { try await checkNothingRuns(folder) }
    if let state = found?.state {
      if let former = found?.former {
        let (id, mode) = (state.record.id, state.record.mode)
        try await erase(LabTrace(id: id, mode: mode, lab: lab, folder: former, parts: []))
      }
      let lifecycle = LabLifecycle(folder: folder, catalog: catalog, observer: observer)
      try await uncancelled { () throws(LabError) in try await lifecycle.remove(state) }
    }
    try folder.tidy()
    return found != nil
  }

  /// Without its state nobody knows what there is of a lab, but by what shows on this machine.
  /// - Throws: `lab_left_over`.
  private func checkNothingRuns(_ folder: LabFolder) async throws(LabError) {
    guard LabFolder.ofBoards.contains(where: { FileStatus("\(folder.path)/\($0)") != nil }) else {
      return
    }
    let left = await found().labs.filter {
      $0.lab == folder.lab && $0.condition == .leftOver
        && $0.trace.places.contains { LabFolder.isSame($0, folder.path) }
    }
    guard !left.isEmpty else { return }
    throw LabError(
      .labLeftOver,
      "the state of lab '\(folder.lab)' is gone, but the lab still has something on this machine",
      step: "destroy",
      hint: "remove that: pilab down --leftovers --lab \(folder.lab)")
  }

  /// A lab that is up, for a command on its boards; others may use it at the same time.
  /// - Throws: `lab_not_up`, `lab_broken`.
  public func attach(_ lab: String) async throws(LabError) -> LiveLab {
    let status = try index.summary(lab)
    guard let state = status.state, status.condition == .up else {
      throw Self.notUp(status)
    }
    let lifecycle = LabLifecycle(
      folder: LabFolder(of: lab, in: root), catalog: catalog, observer: observer)
    return lifecycle.live(try await lifecycle.attach(state))
  }

  /// As `attach`, and holds the lab's lock meanwhile: nobody runs exchanges on boards that lose their state.
  public func alone(
    with lab: String, _ body: (LiveLab) async throws(LabError) -> Void
  ) async throws(LabError) {
    // First, because a lab that is not there has no folder for a lock either.
    _ = try await attach(lab)
    let lock = try LabLock(LabFolder(of: lab, in: root).lock, lab: lab)
    defer { withExtendedLifetime(lock) {} }
    try await body(attach(lab))
  }

  /// What there is of each board now.
  public func boards(of summary: LabSummary) async throws(LabError) -> [BoardStatus] {
    guard let record = summary.state?.record else { return [] }
    return await (try catalog.backend(of: record)).status(record)
  }

  static func notUp(_ summary: LabSummary) -> LabError {
    switch summary.condition {
    case .down, .up:
      LabError(
        .labNotUp, "lab '\(summary.lab)' is not up", step: "attach",
        hint: "bring it up: pilab up; see what is up: pilab list")
    case .broken:
      LabError(
        .broken, "lab '\(summary.lab)' is broken: \(summary.reason ?? "")", step: "attach",
        hint: "remove what is left of it: pilab down --lab \(summary.lab)")
    case .creating, .destroying:
      LabError(
        .labNotUp, "lab '\(summary.lab)' is not up: it is \(summary.condition.words)",
        step: "attach",
        hint: "wait until that is done")
    }
  }
}

extension LabState {
  /// - Throws: `lab_differs`.
  func check(against request: LabRequest) throws(LabError) {
    var found = difference(from: request.manifest, mode: request.mode)
    if found == nil { found = try setupDifference(from: request.manifest) }
    guard let difference = found else { return }
    throw LabError(
      .labDiffers, "lab '\(record.lab)' is up, but not as requested: \(difference)",
      step: "prepare",
      hint: "take it down first: pilab down --lab \(record.lab); "
        + "or leave it, and name another: --lab NAME")
  }
}
