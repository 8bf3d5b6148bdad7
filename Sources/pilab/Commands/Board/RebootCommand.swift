import ArgumentParser
import LabCore
import LabRun

struct RebootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reboot",
    abstract: "Restart a board, and wait until it answers.",
    discussion: """
      Its reset button is pressed; a board that is off is switched on. A board without its own disk loses all \
      files. For virtual machines.

      Example:
        pilab reboot bob
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @OptionGroup var options: LabOptions

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let (lab, board) = (try options.resolve(), board)
      try await Interruption.guarding(
        outcome: "see how far it came: pilab status"
      ) { () throws(LabError) in
        try await LabRoot.keeper().attach(lab).reboot(board)
      }
      try Console.print("board '\(board)' is up\n")
    }
  }
}
