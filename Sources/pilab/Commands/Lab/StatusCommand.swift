import ArgumentParser
import LabCore
import LabRun

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show a lab and each of its boards.",
    discussion: """
      Exit status 0 means that the lab is up and every board works, 69 otherwise.

      Examples:
        pilab status
        pilab status --lab second
        pilab status --format json | jq -r '.boards[].address'
      """)

  @Argument(
    help: "The lab's manifest; need not be named where one lab is up.",
    completion: .file(extensions: ["yaml", "yml"]))
  var manifest: String?

  @OptionGroup var options: LabOptions

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let lab = try options.resolve(manifest: manifest)
      let status = try await LabStatus(of: lab, LabRoot.keeper())
      switch format {
      case .json: try Console.print(status.encoded())
      case .text: try Console.print(status.text)
      }
      if status.condition != .up { throw ExitStatus.labUnavailable.exitCode }
    }
  }
}
