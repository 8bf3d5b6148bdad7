import LabBackends

/// What the boards of a lab have written to their serial consoles, for the run's folder.
enum ConsoleLogs {
  /// Bytes of each board.
  private static let longest = 1 << 20

  /// `console/<board>.log`, where boards have consoles.
  static func keep(of lab: any RunningLab, in output: RunFolder) async throws(RunError) {
    for board in lab.record.boards {
      let text: String
      do {
        guard let machine = try lab.board(board.name) as? any ConsoleAccess else { continue }
        text = try await machine.consoleLog(limit: longest)
      } catch  where error.isLossOfBoard {
        continue
      } catch { throw RunError(error) }
      _ = try output.makeFolder("console")
      try output.write(text, to: "console/\(board.name).log")
    }
  }
}
