import LabCore
import LabManifest
import LabRun

/// A lab and its boards as `pilab status` shows them.
struct LabStatus: Encodable {
  struct BoardLine: Encodable {
    var name: String
    var address: String
    /// `running`, `absent`, `broken`; nil where nobody has looked.
    var state: String?
    var detail: String?
    /// `up`, `down`; nil where boards have no links of their own.
    var link: String?
    /// What is in force on the link, as a manifest says it.
    var impairment: String?
    /// `manifest`, `command`.
    var impairmentFrom: String?
    /// Why it may be otherwise.
    var doubt: String?
    var processes: [Int32]?
    /// What it got when the lab came up; nil where that was nothing.
    var files: [PlacedFile]?
  }

  struct Change: Encodable {
    var at: String
    var kind: String
    var board: String?
    var detail: String?
    var command: String
  }

  var lab: String
  var condition: LabCondition
  var reason: String?
  var mode: String?
  var since: String?
  var manifest: String?
  /// The manifest has changed since the lab was made, or is gone.
  var manifestChanged: Bool?
  /// What the manifest wants on every link; the boards have what is in force.
  var impairment: String?
  /// What was done to the lab since it is up, the latest last.
  var changes: [Change]?
  /// The pilab that works on the lab now.
  var holder: Int32?
  var runs: Int
  var boards: [BoardLine]

  /// - Throws: `state_damaged`.
  init(of lab: String, _ keeper: LabKeeper) async throws(LabError) {
    let summary = try keeper.index.summary(lab)
    self.init(summary, boards: try await keeper.boards(of: summary))
    guard let state = summary.state, try keeper.hasLinks(state) else { return }
    for index in self.boards.indices { self.boards[index].show(state.inForce) }
  }

  /// - Parameter boards: nil where nobody has looked: then their names and addresses are known all the same.
  init(_ summary: LabSummary, boards: [BoardStatus]? = nil) {
    lab = summary.lab
    condition = summary.condition
    reason = summary.reason
    mode = summary.state?.record.mode.rawValue
    since = summary.state?.since
    manifest = summary.state?.manifest?.path
    manifestChanged = summary.state?.manifest?.hasChanged
    impairment = summary.state?.impairment?.description
    holder = summary.holder
    runs = summary.runs
    self.boards =
      boards?.map(BoardLine.init)
      ?? (summary.state?.record.boards ?? []).map {
        BoardLine(name: $0.name, address: $0.address)
      }
    for index in self.boards.indices {
      self.boards[index].files = summary.state?.files?[self.boards[index].name]
    }
    if let changes = summary.state?.inForce.changes, !changes.isEmpty {
      self.changes = changes.map {
        Change(
          at: $0.at, kind: $0.kind.rawValue, board: $0.board, detail: $0.detail,
          command: $0.command)
      }
    }
    guard condition == .up,
      let ill = self.boards.first(where: { $0.state ?? "running" != "running" }),
      let state = ill.state
    else { return }
    condition = .broken
    reason = "board '\(ill.name)' is \(state)" + (ill.detail.map { ": \($0)" } ?? "")
  }

  private static let shownChanges = 10

  var text: String {
    var lines = ["lab '\(lab)': \(condition.rawValue)" + (reason.map { ", \($0)" } ?? "")]
    if let mode, let since { lines.append("  mode \(mode), since \(since)") }
    if let manifest {
      lines.append("  manifest \(manifest)" + (manifestChanged == true ? ", changed since" : ""))
    }
    if let impairment { lines.append("  impairment \(impairment) (manifest)") }
    if let holder { lines.append("  in use by process \(holder)") }
    lines.append("  runs kept: \(runs)")
    if condition == .broken {
      lines.append("  remove what is left of it: pilab down --lab \(lab)")
    }
    var text = lines.joined(separator: "\n") + "\n"
    guard !boards.isEmpty else { return text }
    let rows = boards.map { board in
      [
        board.name, board.address, board.state ?? "-", "\(board.processes?.count ?? 0)",
        board.linkWords,
        board.detail ?? "",
      ]
    }
    text +=
      "\n" + TextTable.render([["board", "address", "state", "processes", "link", ""]] + rows)
    let changes = changes ?? []
    guard !changes.isEmpty else { return text }
    text += "\nchanges since it came up\n"
    if changes.count > Self.shownChanges {
      text += "  … \(changes.count - Self.shownChanges) more: --format json\n"
    }
    for change in changes.suffix(Self.shownChanges) {
      text += "  \(change.at)  \(change.command)\n"
    }
    return text
  }
}

extension LabStatus.BoardLine {
  mutating func show(_ conditions: LabConditions) {
    let condition = conditions.board(name)
    link = condition.isLinkDown ? "down" : "up"
    impairment = condition.impairment?.description
    impairmentFrom = condition.origin?.rawValue
    doubt = condition.doubt
    if condition.isOff {
      detail = [detail, "by pilab kill"].compactMap(\.self).joined(separator: " ")
    }
  }

  fileprivate var linkWords: String {
    guard let link else { return "-" }
    let from = impairmentFrom == "command" ? " (pilab impair)" : " (manifest)"
    let words = [
      link == "down" ? "link down (pilab link)" : nil, impairment.map { $0 + from },
      doubt.map { "uncertain: \($0)" },
    ].compactMap(\.self)
    return words.isEmpty ? "up" : words.joined(separator: ", ")
  }

  init(_ status: BoardStatus) {
    name = status.name
    address = status.address
    processes = status.processes
    switch status.state {
    case .running: state = "running"
    case .absent: state = "absent"
    case .broken(let what):
      state = "broken"
      detail = what
    }
  }
}
