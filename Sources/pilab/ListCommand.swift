import ArgumentParser
import LabRun

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the labs of this folder: those that are up, and those that have kept runs.",
    discussion: """
      Example:
        pilab list --format json | jq -r '.[] | select(.condition == "up").lab'
      """)

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let labs = try LabRoot.keeper().list()
      switch format {
      case .json: try Console.print(labs.map { LabStatus($0) }.encoded())
      case .text: try Console.print(Self.text(labs))
      }
    }
  }

  private static func text(_ labs: [LabSummary]) -> String {
    guard !labs.isEmpty else { return "no labs here; bring one up: pilab up\n" }
    let rows = labs.map { lab in
      let state = lab.state
      return [
        lab.lab, lab.condition.rawValue, state?.record.mode.rawValue ?? "-",
        state?.record.boards.map(\.name).joined(separator: ",") ?? "-", "\(lab.runs)",
        lab.reason ?? state?.manifest?.path ?? "",
      ]
    }
    return TextTable.render([["lab", "condition", "mode", "boards", "runs", "manifest"]] + rows)
  }
}
