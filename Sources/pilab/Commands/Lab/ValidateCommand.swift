import ArgumentParser
import Backends
import Foundation
import LabCore
import LabManifest
import LabRun
import ProgramStart

struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check manifests, and show every error and warning with its line and column.",
    discussion: """
      Examples:
        pilab validate
        pilab validate lab/*.yaml --format json
        generate-lab | pilab validate -
      """)

  @Argument(
    help: ArgumentHelp(
      "Manifests; lab.yaml or pilab.yaml of this folder where none is named. '-' is standard input."
    ),
    completion: .file(extensions: ["yaml", "yml"]))
  var manifests: [String] = []

  @Option(help: "What standard output gets.")
  var format: OutputFormat = .text

  func validate() throws {
    if manifests.count(where: { $0 == Check.standardInput }) > 1 {
      throw ValidationError("standard input ('-') can be read only once")
    }
  }

  func run() async throws {
    try await Failure.reporting(as: format) {
      let paths =
        manifests.isEmpty
        ? [try ManifestPath.resolve(nil)]
        : try manifests.map { $0 == Check.standardInput ? $0 : try ManifestPath.resolve($0) }
      guard !paths.contains(Check.standardInput) || !ProgramStart.inputWasClosed else {
        throw LabError(
          .inputClosed, "standard input is closed, so no manifest can be read from it",
          hint: "pipe the manifest in, or name its file")
      }
      let checks = paths.map(Check.init)
      switch format {
      case .json: try Console.print(checks.map(\.document).encoded())
      case .text:
        for check in checks { try check.show() }
      }
      if checks.contains(where: { !$0.isValid }) { throw ExitStatus.manifestInvalid.exitCode }
    }
  }
}

/// One manifest and what is wrong with it.
private struct Check {
  struct Document: Encodable {
    var file: String
    var valid: Bool
    var diagnostics: [DiagnosticDocument]
    /// Of a valid manifest.
    var warnings: [DiagnosticDocument]
  }

  static let standardInput = "-"

  let path: String
  let result: Result<LabManifest, ManifestError>

  init(_ path: String) {
    let isInput = path == Self.standardInput
    self.path = isInput ? LabManifest.standardInput : path
    do throws(ManifestError) {
      result = .success(
        try isInput
          ? Backends.grammar.load(descriptor: STDIN_FILENO)
          : Backends.grammar.load(contentsOf: path))
    } catch {
      result = .failure(error)
    }
  }

  var isValid: Bool {
    if case .success = result { true } else { false }
  }

  var document: Document {
    switch result {
    case .success(let manifest):
      Document(
        file: path, valid: true, diagnostics: [],
        warnings: manifest.warnings.map(DiagnosticDocument.init))
    case .failure(let error):
      Document(
        file: path, valid: false, diagnostics: error.diagnostics.map(DiagnosticDocument.init),
        warnings: [])
    }
  }

  func show() throws(LabError) {
    switch result {
    case .success(let manifest):
      let boards = manifest.boards.map(\.name).joined(separator: ", ")
      let names = manifest.exchanges.map(\.name).joined(separator: ", ")
      let exchanges = names.isEmpty ? "no exchanges" : "exchanges \(names)"
      try Console.print(
        "\(path): valid; lab '\(manifest.name)', boards \(boards), \(exchanges)\n")
      for warning in manifest.warnings { Console.tell("\(warning)\n") }
    case .failure(let error): Console.tell("\(error)\n")
    }
  }
}
