import HostKit
import LabCore

/// A lab of network namespaces.
struct NamespaceLab: RunningLab {
  let record: LabRecord
  let holder: NamespaceHolder
  let tools: Tool
  /// Nil for a lab that lives until it is destroyed, and for one that another process made.
  let lifeline: Lifeline?

  func board(_ name: String) throws(LabError) -> any RunningBoard {
    let board = try record.board(name)
    let number = (record.boards.firstIndex(of: board) ?? 0) + 1
    guard let nsenter = tools.path(of: "nsenter") else {
      throw LabError(
        .unavailable, "nsenter is not installed", board: name, step: "find",
        hint: Remedy.install(["nsenter"]))
    }
    return NamespaceBoard(
      name: name, address: board.address, number: number, record: record, holder: holder,
      tools: tools, nsenter: nsenter, lifeline: lifeline)
  }
}
