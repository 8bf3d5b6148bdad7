import ArgumentParser
import LabRun

struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove old runs, all but the newest.",
    discussion: """
      The run that 'latest' names always stays, and so do sweeps that can still be resumed, unless --interrupted is \
      given. Runs that were put elsewhere with --output are not touched.

      Examples:
        pilab prune --keep 10
        pilab prune --keep 10 --interrupted
        pilab prune --keep 1 --lab two-boards --dry-run
      """)

  @Option(help: "How many runs of each lab stay.")
  var keep: Int

  @Option(
    name: LabName.option, help: ArgumentHelp("Only the runs of this lab.", valueName: "name"),
    completion: Known.labs)
  var lab: LabName?

  @Flag(help: "Remove interrupted sweeps too.")
  var interrupted = false

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func validate() throws {
    guard keep >= 0 else { throw ValidationError("--keep takes a number of 0 or more.") }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      try LabName.tellIfMistyped(lab?.text)
      let store = RunStore(root: LabRoot.path)
      let sweeps = interrupted ? try store.pruneInterrupted(lab: lab?.text, isTrial: dryRun) : []
      let removed = try store.prune(lab: lab?.text, keep: keep, isTrial: dryRun)
      switch format {
      case .json: try Console.print((removed.map(\.path) + sweeps).encoded())
      case .text:
        let verb = dryRun ? "would remove" : "removed"
        let names = removed.map { "\($0.lab)/\($0.name)" } + sweeps
        let lines = names.map { "\(verb) \($0)\n" }.joined()
        try Console.print(lines.isEmpty ? "nothing to remove\n" : lines)
      }
    }
  }
}
