import ArgumentParser
import BootImage
import LabCore
import LabRun

struct ImageBuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Make the board image, or find that it is made.",
    discussion: """
      An image is named after the hash of all that it is made from, so there is nothing to do until apt's \
      package lists or pilab change.
      """)

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let builder = ImageBuilder()
      let found = builder.find()
      let isQuiet = quiet
      let image = try await Interruption.guarding { () async throws(LabError) in
        try await builder.build { step in
          if !isQuiet { Console.tell("image: \(step.description)\n") }
        }
      }
      let document = ImageDocument(image, built: found == nil)
      try Console.print(format == .json ? document.encoded() : document.text)
    }
  }
}
