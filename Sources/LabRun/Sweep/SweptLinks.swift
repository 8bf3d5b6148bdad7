import LabCore
import LabManifest
import LabValues

/// The links of the boards that a sweep measures, made as each measurement wants them.
struct SweptLinks {
  private let lab: LabInUse
  private let boards: [String]
  /// As they were made last; nil where they are as the lab has them.
  private var current: SweepLink?

  init(_ lab: LabInUse, boards: [String]) {
    self.lab = lab
    self.boards = boards
  }

  /// Before anything is measured: the boards' links can be made so.
  static func require(
    _ wanted: Set<LinkImpairment.Kind>, of boards: [String], _ lab: LabInUse
  ) async throws(LabError) {
    for board in boards {
      let lacking = wanted.subtracting(try await link(of: board, lab).possibleImpairments())
      guard !lacking.isEmpty else { continue }
      let words = lacking.map(\.rawValue).sorted().joined(separator: ", ")
      throw LabError(
        .unsupported, "mode '\(lab.mode.rawValue)' has no \(words) here", board: board,
        step: "sweep", hint: "pilab doctor says what links can have; or leave it out of 'links'")
    }
  }

  private static func link(of board: String, _ lab: LabInUse) throws(LabError) -> any Impairing {
    try lab.running.board(board).require(.impairing, of: lab.mode, step: "sweep")
  }

  /// - Parameter wanted: nil leaves them as they are.
  mutating func make(_ wanted: SweepLink?) async throws(LabError) {
    guard let wanted, wanted != current else { return }
    for board in boards {
      let link = try Self.link(of: board, lab)
      // How to undo it is written down once; between measurements nobody else is told of the changes.
      if current == nil {
        try lab.live.note(
          .impairment(board: board, former: try lab.live.conditions()?.board(board).impairment))
      }
      try await link.setImpairment(wanted.impairment)
    }
    current = wanted
  }

  /// As the lab has them; nothing of it is among the lab's changes, because no measurement saw it.
  static func restore(of boards: [String], _ lab: LabInUse) async throws(LabError) {
    for board in boards {
      let former = try lab.live.conditions()?.board(board).impairment
      try await link(of: board, lab).setImpairment(former)
      try lab.live.cross(out: .impairment(board: board, former: former))
    }
  }
}

extension SweepPlan {
  /// Those that all points are measured between.
  var boards: [String] {
    points.first.map { [$0.exchange.sender, $0.exchange.receiver] } ?? []
  }

  var impairments: Set<LinkImpairment.Kind> {
    Set(points.flatMap { $0.link?.impairment?.kinds ?? [] })
  }

  var changesLinks: Bool { points.contains { $0.link != nil } }
}
