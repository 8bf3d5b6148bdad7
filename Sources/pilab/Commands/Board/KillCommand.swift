import ArgumentParser
import LabRun

struct KillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill",
    abstract: "Pull a board's plug, without warning to its system.",
    discussion: """
      The board stays off until 'pilab reboot'. For virtual machines.

      Example:
        pilab kill bob
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @OptionGroup var options: LabOptions

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let lab = try options.resolve()
      try await LabRoot.keeper().attach(lab).kill(board)
      try Console.print("board '\(board)' is off\n")
    }
  }
}
