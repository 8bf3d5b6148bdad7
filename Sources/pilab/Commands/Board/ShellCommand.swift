import ArgumentParser
import LabRun

struct ShellCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Open a shell on a board.",
    discussion: """
      It is bash where the board has it, else sh. Its exit status is pilab's.

      Examples:
        pilab shell alice
        echo 'ip route' | pilab shell bob
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @OptionGroup var options: LabOptions

  /// `$0` is the board's name, so that the prompt says where one is.
  private static let script = """
    PS1="$0:\\w\\$ "; export PS1
    if command -v bash >/dev/null; then exec bash --norc; fi
    PS1="$0\\$ "; exec sh
    """

  func run() async throws {
    try await Failure.reporting(as: .text) {
      try await BoardSession(board: board, options: options)
        .run(["sh", "-c", Self.script, board])
    }
  }
}
