import ArgumentParser
import Backends
import LabManifest
import LabReport
import LabRun

struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of the manifest, for editors, or of report.json.",
    discussion: """
      Examples:
        pilab schema > lab.schema.json
        pilab schema report > report.schema.json
      and as the manifest's first line:
        # yaml-language-server: $schema=lab.schema.json
      """)

  enum Document: String, ExpressibleByArgument, CaseIterable {
    case manifest, report
  }

  @Argument(help: "What the schema is of.")
  var document: Document = .manifest

  func run() async throws {
    try await Failure.reporting(as: .text) {
      let schema = document == .manifest ? ManifestSchema.json(Backends.grammar) : ReportSchema.json
      try Console.print(schema.hasSuffix("\n") ? schema : schema + "\n")
    }
  }
}
