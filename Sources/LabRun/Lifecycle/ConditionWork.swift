import Foundation
import LabCore
import LabManifest
import LabValues

extension LabChange {
  init(_ kind: Kind, board: String? = nil, detail: String? = nil) {
    at = Date.now.ISO8601Format()
    self.kind = kind
    self.board = board
    self.detail = detail
    process = getpid()
  }
}

extension LabState {
  /// What is in force; of states that older versions wrote, what the manifest wanted.
  public var inForce: LabConditions {
    get {
      conditions ?? LabConditions(record.boards.map(\.name), manifest: impairment)
    }
    set { conditions = newValue }
  }
}

extension BackendCatalog {
  /// Whether each board of the lab has a clock of its own.
  func hasOwnClocks(_ record: LabRecord) throws(LabError) -> Bool {
    try backend(of: record).abilities.contains(.ownKernel)
  }

  /// Whether boards of the lab have links of their own.
  func hasLinks(_ record: LabRecord) throws(LabError) -> Bool {
    return try backend(of: record).abilities.contains(.ownNetwork)
  }
}

extension LabKeeper {
  /// Whether the lab's boards have links that can be pulled and impaired.
  public func hasLinks(_ state: LabState) throws(LabError) -> Bool {
    try catalog.hasLinks(state.record)
  }
}

extension RunningBoard {
  /// Makes the board's link what it is to be, where it is or was anything but good.
  func make(
    _ condition: BoardCondition, from earlier: BoardCondition? = nil
  ) async throws(LabError) {
    let isPulled = condition.isLinkDown || earlier?.isLinkDown == true
    if isPulled, let link = find(.linkControl) {
      try await link.setLink(up: !condition.isLinkDown)
    }
    guard condition.impairment != nil || earlier?.impairment != nil,
      let link = find(.impairing)
    else { return }
    try await link.setImpairment(condition.impairment)
  }
}
