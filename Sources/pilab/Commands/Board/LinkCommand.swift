import ArgumentParser
import LabRun

struct LinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Take a board's link down, as if its cable were pulled, or up again.",
    discussion: """
      Examples:
        pilab link bob down
        pilab link bob up
      """)

  enum Direction: String, ExpressibleByArgument, CaseIterable {
    case up, down
  }

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @Argument(help: "Whether the link is to be up or down.")
  var direction: Direction

  @OptionGroup var options: LabOptions

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let lab = try options.resolve()
      try await LabRoot.keeper().attach(lab).setLink(of: board, up: direction == .up)
      try Console.print("board '\(board)': link \(direction.rawValue)\n")
    }
  }
}
