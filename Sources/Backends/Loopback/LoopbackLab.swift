import LabCore

/// The boards of a loopback lab.
struct LoopbackLab: RunningLab {
  let record: LabRecord

  func board(_ name: String) throws(LabError) -> any RunningBoard {
    LoopbackBoard(try record.board(name), of: record)
  }
}
