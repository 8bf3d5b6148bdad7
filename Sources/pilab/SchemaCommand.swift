import ArgumentParser
import LabManifest
import LabRun

struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of the manifest, for editors.",
    discussion: """
      Example:
        pilab schema > lab.schema.json
      and as the manifest's first line:
        # yaml-language-server: $schema=lab.schema.json
      """)

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let schema = ManifestSchema.json
      try Console.print(schema.hasSuffix("\n") ? schema : schema + "\n")
    }
  }
}
