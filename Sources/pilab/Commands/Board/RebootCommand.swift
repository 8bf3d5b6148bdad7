import ArgumentParser
import LabCore
import LabRun

struct RebootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reboot",
    abstract: "Start a board anew, and wait until it answers.",
    discussion: """
      Its reset button is pressed; one that is off is switched on. A board without a disk of its own forgets all \
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
        outcome: "how far it came is seen by: pilab status"
      ) { () throws(LabError) in
        try await LabRoot.keeper().attach(lab).reboot(board)
      }
      try Console.print("board '\(board)' is up\n")
    }
  }
}
