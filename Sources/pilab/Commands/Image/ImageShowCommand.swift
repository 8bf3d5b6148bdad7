import ArgumentParser

struct ImageShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the board image: its files, sizes, kernel and packages.")

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func run() async throws {
    try await Failure.reporting(as: format) {
      let document = ImageDocument(try ImageCommand.current())
      try Console.print(
        format == .json ? document.encoded() : document.text + document.packageTable)
    }
  }
}
