import ArgumentParser
import BootImage
import LabResults
import LabRun

struct ImagePruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove images that no 'pilab up' would use any more, and their package files.",
    discussion: "Labs that are up keep running: their boards have read the image already.")

  @Flag(help: "The current image too.")
  var all = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let removesAll = all
      let removed = try await ImageBuilder().prune(all: removesAll)
      switch format {
      case .json: try Console.print(removed.encoded())
      case .text:
        let text = removed.paths.map { "removed \($0)\n" }.joined()
        try Console.print(text + "\(Human.bytes(removed.bytes)) freed\n")
      }
    }
  }
}
