import ArgumentParser
import Foundation
import LabCore
import LabRun

struct ConsoleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console",
    abstract: "Open a board's serial console, or show what the board has written there.",
    discussion: """
      Ctrl-] ends it. At a terminal every other key goes to the board, Ctrl-C too. For virtual machines.

      Examples:
        pilab console bob
        pilab console bob --log            what has been written there so far
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @Flag(help: "Show what the board has written, and end.")
  var log = false

  @OptionGroup var options: LabOptions

  /// Ctrl-], as with telnet and virsh.
  private static let end: UInt8 = 0x1D
  private static let longestLog = 16 << 20

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let (lab, board, keeper) = (try options.resolve(), board, LabRoot.keeper())
      if log {
        try Console.print(
          await keeper.attach(lab).consoleLog(board, limit: Self.longestLog))
        return
      }
      let terminal = RawTerminal(STDIN_FILENO)
      defer { terminal?.restore() }
      try await Interruption.guarding { () throws(LabError) in
        try await keeper.attach(lab).openConsole(
          board, input: STDIN_FILENO, output: STDOUT_FILENO, end: Self.end
        ) {
          Console.tell("console of board '\(board)'; Ctrl-] ends it\r\n")
        }
      }
    }
  }
}

/// A terminal that hands over every key as it is, until `restore`.
struct RawTerminal {
  private let descriptor: Int32
  private let before: termios

  /// Nil for what is no terminal.
  init?(_ descriptor: Int32) {
    var settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else { return nil }
    self.descriptor = descriptor
    before = settings
    cfmakeraw(&settings)
    guard tcsetattr(descriptor, TCSADRAIN, &settings) == 0 else { return nil }
  }

  func restore() {
    var settings = before
    tcsetattr(descriptor, TCSADRAIN, &settings)
  }
}
