import LabBackends
import LabManifest
import LabRun

/// A lab and its boards as `pilab status` shows them.
struct LabStatus: Encodable {
  struct BoardLine: Encodable {
    var name: String
    var address: String
    /// `running`, `absent`, `broken`.
    var state: String
    var detail: String?
    var processes: [Int32]
  }

  var lab: String
  var condition: LabCondition
  var reason: String?
  var mode: String?
  var since: String?
  var manifest: String?
  /// The manifest has changed since the lab was made, or is gone.
  var manifestChanged: Bool?
  var impairment: String?
  /// The pilab that works on the lab now.
  var holder: Int32?
  var runs: Int
  var boards: [BoardLine]

  /// - Throws: `state_damaged`.
  init(of lab: String, _ keeper: LabKeeper) async throws(RunError) {
    let summary = try keeper.summary(lab)
    self.init(summary, boards: try await keeper.boards(of: summary))
  }

  init(_ summary: LabSummary, boards: [BoardStatus] = []) {
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
    self.boards = boards.map(BoardLine.init)
    guard condition == .up, let ill = self.boards.first(where: { $0.state != "running" }) else {
      return
    }
    condition = .broken
    reason = "board '\(ill.name)' is \(ill.state)" + (ill.detail.map { ": \($0)" } ?? "")
  }

  var text: String {
    var lines = ["lab '\(lab)': \(condition.rawValue)" + (reason.map { ", \($0)" } ?? "")]
    if let mode, let since { lines.append("  mode \(mode), since \(since)") }
    if let manifest {
      lines.append("  manifest \(manifest)" + (manifestChanged == true ? ", changed since" : ""))
    }
    if let impairment { lines.append("  impairment \(impairment)") }
    if let holder { lines.append("  in use by process \(holder)") }
    lines.append("  runs kept: \(runs)")
    if condition == .broken {
      lines.append("  remove what there is of it: pilab down --lab \(lab)")
    }
    var text = lines.joined(separator: "\n") + "\n"
    guard !boards.isEmpty else { return text }
    let rows = boards.map { board in
      [board.name, board.address, board.state, "\(board.processes.count)", board.detail ?? ""]
    }
    text += "\n" + TextTable.render([["board", "address", "state", "processes", ""]] + rows)
    return text
  }
}

extension LabStatus.BoardLine {
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

/// Columns of text, two blanks between them.
enum TextTable {
  static func render(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
