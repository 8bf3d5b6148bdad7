/// How a board's shell becomes a command of a person.
package enum CommandScript {
  /// Arguments: a word that no command prints, which is said where there is no such program, and the command's own words.
  package static let text = """
    command -v "$1" >/dev/null || { echo "$0" >&2; exit 127; }
    exec "$@" </dev/null
    """

  /// - Throws: `.commandFailed` where there was no such program.
  package static func checked(
    _ outcome: CommandOutput, _ command: ExecCommand, _ missing: String, board: String
  ) throws(LabError) -> CommandOutput {
    guard outcome.status == .exited(127), outcome.errors == missing + "\n" else { return outcome }
    throw LabError(
      .commandFailed, "there is no program '\(command.program)' on the board", board: board,
      step: "exec",
      hint: command.program.contains("/")
        ? nil : "programs are looked up in \(ExecCommand.searchPath)")
  }
}
