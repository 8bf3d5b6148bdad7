import ArgumentParser
import Foundation
import LabCore
import LabManifest
import LabRun
import LabValues

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract:
      "Show what the boards' programs printed in the last run, and commands that were left running.",
    discussion: """
      What the last run's programs printed is shown whether the lab is up or not; what commands of \
      'pilab exec --detach' have printed, while it is up.

      Examples:
        pilab logs
        pilab logs bob --exchange sealed
        pilab logs --format json | jq -r '.[] | select(.stream == "stderr").text'
        pilab logs --format json | jq -r '.[] | select(.running).command'
      """)

  @Argument(help: "Only this board.", completion: Known.boards)
  var board: String?

  @Option(help: "Only this exchange.", completion: Known.exchanges)
  var exchange: String?

  @OptionGroup var options: LabOptions

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let lab = try resolve()
      let all = try await all(of: lab)
      let logs = all.filter {
        (board ?? $0.board) == $0.board && (exchange ?? $0.exchange) == $0.exchange
      }
      guard !logs.isEmpty else { throw nothing(in: all, of: lab) }
      switch format {
      case .json: try Console.print(logs.encoded())
      case .text:
        for log in logs {
          try Console.print("==> \(log.heading)\n\(log.text)")
        }
      }
    }
  }

  /// Of the last run and of commands on the boards; either may be missing.
  private func all(of lab: String) async throws -> [RunLog] {
    var ofCommands: [RunLog] = []
    if exchange == nil {
      let keeper = LabRoot.keeper { event in
        if case .note(let text) = event { Console.tell("pilab: \(text)\n") }
      }
      ofCommands = try await keeper.commandLogs(of: lab, on: board)
    }
    do throws(LabError) {
      return try RunLog.lastRun(of: lab, in: LabRoot.path) + ofCommands
    } catch {
      guard error.code == .noRun, !ofCommands.isEmpty else { throw error }
      return ofCommands
    }
  }

  /// Also a lab that is down, where it is the only one.
  private func resolve() throws -> String {
    let labs = try LabRoot.index.list().filter { $0.runs > 0 }
    if options.lab == nil, !ManifestPath.isHere, labs.count == 1 { return labs[0].lab }
    return try options.resolve()
  }

  private func nothing(in logs: [RunLog], of lab: String) -> LabError {
    let boards = Set(logs.map(\.board)).sorted()
    let exchanges = Set(logs.compactMap(\.exchange)).sorted()
    let near =
      board.flatMap { boards.contains($0) ? nil : Suggestion.nearest(to: $0, among: boards) }
      ?? exchange.flatMap { Suggestion.nearest(to: $0, among: exchanges) }
    let question = near.map { "did you mean '\($0)'? " } ?? ""
    return LabError(
      .noSuchLog, "the last run of lab '\(lab)' has no such log",
      hint: "\(question)its boards are: \(boards.joined(separator: ", ")); its exchanges: "
        + exchanges.joined(separator: ", "))
  }
}

extension RunLog {
  fileprivate var heading: String {
    guard let command, let process else { return "\(exchange ?? "") \(board) \(stream)" }
    return "\(board) process \(process) (\(running == true ? "running" : "ended")): \(command)"
  }
}
