import LabCore

/// What the boards of a lab have written to their serial consoles, for the run's folder.
enum ConsoleLogs {
  /// Bytes of each board.
  private static let longest = 1 << 20

  /// `console/<board>.log`, where boards have consoles.
  /// One that cannot be had is told of: the report is worth more.
  static func keep(
    of lab: any RunningLab, in output: RunFolder, _ observer: RunObserver
  ) async throws(LabError) {
    for board in lab.record.boards {
      let text: String
      do {
        guard let machine = try lab.board(board.name).find(.console) else { continue }
        text = try await machine.consoleLog(limit: longest)
      } catch {
        if error.code == .cancelled { throw error }
        observer(.note("\(error)"))
        continue
      }
      _ = try output.makeFolder("console")
      try output.write(text, to: "console/\(board.name).log")
    }
  }
}
