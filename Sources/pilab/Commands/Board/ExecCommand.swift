import ArgumentParser
import Foundation
import LabCore
import LabRun

struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command on a board.",
    discussion: """
      Standard input, output and errors are the command's own, and so is the exit status: 128 and the signal's \
      number where a signal ended it, 127 where there is no such command. When pilab itself cannot do it, a \
      line on standard error begins with 'pilab:'. The command starts in the board's working folder, where \
      the images are.

      With --detach it keeps running until 'pilab down': it has no input, its output goes to 'pilab logs', and \
      its process number on the board is printed: 'pilab exec BOARD -- kill NUMBER' ends it.

      Examples:
        pilab exec bob -- ip address
        pilab exec alice -- sh -c 'sha256sum images/*'
        tar c data | pilab exec bob --lab second -- tar x
        pilab exec --detach bob -- iperf3 --server; pilab logs bob
      """)

  @Argument(help: "The board.", completion: Known.boards)
  var board: String

  @OptionGroup var options: LabOptions

  @Flag(
    name: [.long, .customShort("d")],
    help: "Leave the command running until the lab goes down; print its process number.")
  var detach = false

  @Argument(parsing: .postTerminator, help: "The command and its arguments, after '--'.")
  var command: [String] = []

  func validate() throws {
    if command.isEmpty {
      throw ValidationError("no command: pilab exec \(board) -- COMMAND [ARGUMENT]...")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let session = BoardSession(board: board, options: options)
      if detach { try await session.detach(command) } else { try await session.run(command) }
    }
  }
}

/// A person's command on a board, with this process's input and output.
struct BoardSession {
  let board: String
  let options: LabOptions

  /// Prints the process number of a command that runs on by itself.
  func detach(_ command: [String]) async throws {
    let lab = try options.resolve()
    let (board, keeper) = (board, LabRoot.keeper())
    let command = LabCore.ExecCommand(
      program: command[0], arguments: Array(command.dropFirst()))
    let process = try await Interruption.guarding(Interruption.signals) { () throws(LabError) in
      let board = try await keeper.attach(lab).board(board)
      do throws(LabError) {
        return try await board.detach(command)
      } catch { throw error.asCommandFailure }
    }
    try Console.print("\(process)\n")
  }

  /// - Throws: always the command's exit status, unless that is 0.
  func run(_ command: [String]) async throws {
    let lab = try options.resolve()
    let (board, keeper) = (board, LabRoot.keeper())
    let isTerminal = Console.isTerminal(STDIN_FILENO) || Console.isTerminal(STDOUT_FILENO)
    let command = LabCore.ExecCommand(
      program: command[0], arguments: Array(command.dropFirst()), terminal: isTerminal)
    // At a terminal Ctrl-C is for the command, which shares our process group.
    let signals = isTerminal ? [SIGTERM, SIGHUP, SIGXCPU] : Interruption.signals
    if isTerminal { for number in [SIGINT, SIGQUIT] { signal(number, SIG_IGN) } }
    let status = try await Interruption.guarding(signals) { () throws(LabError) in
      let board = try await keeper.attach(lab).board(board)
      do throws(LabError) {
        return try await board.exec(command)
      } catch { throw error.asCommandFailure }
    }
    switch status {
    case .exited(0): break
    case .exited(let code): throw ExitCode(code)
    case .signalled(let signal): throw ExitCode(128 + signal)
    }
  }
}

extension LabError {
  /// A command that could not be started, as shells say it.
  fileprivate var asCommandFailure: LabError {
    guard code == .commandFailed else { return self }
    var error = self
    error.code = .init(code.name, .commandNotFound)
    return error
  }
}
