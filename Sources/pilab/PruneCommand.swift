import ArgumentParser
import LabReport
import LabRun

struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove old runs, all but the newest.",
    discussion: """
      The run that 'latest' names stays in any case, and so do sweeps that can still be resumed. Runs that were \
      put elsewhere with --output are not looked at.

      Examples:
        pilab prune --keep 10
        pilab prune --keep 1 --lab two-boards --dry-run
      """)

  @Option(help: "How many runs of each lab stay.")
  var keep: Int

  @Option(help: "Only the runs of this lab.")
  var lab: LabName?

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func validate() throws {
    guard keep >= 0 else { throw ValidationError("--keep takes a number from 0 on.") }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      let removed = try RunStore(root: LabRoot.path)
        .prune(lab: lab?.text, keep: keep, isTrial: dryRun)
      switch format {
      case .json: try Console.print(removed.map(\.path).encoded())
      case .text:
        let verb = dryRun ? "would remove" : "removed"
        let lines = removed.map { "\(verb) \($0.lab)/\($0.name)\n" }.joined()
        try Console.print(lines.isEmpty ? "nothing to remove\n" : lines)
      }
    }
  }
}
