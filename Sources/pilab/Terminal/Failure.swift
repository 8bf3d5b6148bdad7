import ArgumentParser
import Foundation
import LabCore
import LabManifest
import LabRun

/// Prints what went wrong in the user's format and turns it into an exit status.
enum Failure {
  /// Runs a command's work and reports its errors.
  static func reporting(
    as format: OutputFormat, _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch let error as ManifestError {
      try report(error, as: format)
    } catch let error as LabError {
      try report(error, as: format)
    }
  }

  /// - Throws: always, the exit status.
  static func report(_ error: LabError, as format: OutputFormat) throws {
    switch format {
    case .text:
      tell(error)
    case .json:
      let document = ErrorDocument(
        error: .init(
          code: error.code.name, message: error.message, hint: error.hint, board: error.board,
          step: error.step, cause: error.cause),
        exitCode: error.code.status.rawValue)
      let text = try document.encoded()
      // Where standard output itself is what failed, a person can still be told.
      do throws(LabError) { try Console.print(text) } catch let another {
        tell(error.code == another.code ? error : another)
      }
    }
    throw error.code.status.exitCode
  }

  static func tell(_ error: LabError) {
    Console.tell("pilab: \(error)\n" + (error.hint.map { "  hint: \($0)\n" } ?? ""))
  }

  static func report(_ error: ManifestError, as format: OutputFormat) throws {
    let status = error.isOfMissingFiles ? ExitStatus.inputMissing : .manifestInvalid
    switch format {
    case .text: Console.tell("\(error)\n")
    case .json:
      try Console.print(
        ErrorDocument(
          error: .init(
            code: "manifest_invalid", message: "the manifest is not valid",
            diagnostics: error.diagnostics.map(DiagnosticDocument.init)),
          exitCode: status.rawValue
        ).encoded())
    }
    throw status.exitCode
  }
}

extension ExitStatus {
  var exitCode: ExitCode { ExitCode(rawValue) }
}

/// `{"error":{"code":…,"message":…},"exitCode":2}`
private struct ErrorDocument: Encodable {
  struct Body: Encodable {
    var code: String
    var message: String
    var hint: String?
    var board: String?
    var step: String?
    var cause: String?
    var diagnostics: [DiagnosticDocument]?
  }

  var error: Body
  var exitCode: Int32
}

struct DiagnosticDocument: Encodable {
  var file: String
  var line: Int
  var column: Int
  var message: String
  var hint: String?

  init(_ diagnostic: Diagnostic) {
    file = diagnostic.file
    line = diagnostic.line
    column = diagnostic.column
    message = diagnostic.message
    hint = diagnostic.hint
  }
}

extension Encodable {
  /// JSON with sorted keys and a last newline, pretty where it may have several lines.
  func encoded(onOneLine: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !onOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
