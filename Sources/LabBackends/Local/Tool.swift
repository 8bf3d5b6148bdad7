import Foundation
import LabImage
import Subprocess
import SystemPackage

/// Runs programs of this machine that a backend needs, and gives back what they say.
struct Tool: ProgramLookup {
  /// Folders where programs are looked up, as in PATH.
  let searchPath: String

  struct Outcome: Sendable {
    var status: CommandStatus
    var output: String
    /// What it wrote to standard error, trimmed.
    var errors: String

    var succeeded: Bool { status == .exited(0) }
  }

  private static let longestOutput = 1 << 20

  /// - Parameter words: the program, by its path or by name, and its arguments.
  /// - Throws: what kept the program from being started.
  func run(
    _ words: [String], environment: [String: String] = [:], input: FileDescriptor? = nil,
    ownSession: Bool = false
  ) async throws -> Outcome {
    guard let program = words[0].hasPrefix("/") ? words[0] : path(of: words[0]) else {
      throw ToolMissing(name: words[0])
    }
    var variables: [Environment.Key: String] = ["PATH": searchPath, "LANG": "C.UTF-8"]
    for (key, value) in environment { variables[Environment.Key(stringLiteral: key)] = value }
    var options = PlatformOptions()
    options.createSession = ownSession
    let null = try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec)
    defer { try? null.close() }
    let result = try await Subprocess.run(
      .path(FilePath(program)), arguments: Arguments(Array(words.dropFirst())),
      environment: .custom(variables), platformOptions: options,
      input: .fileDescriptor(input ?? null, closeAfterSpawningProcess: false),
      output: .string(limit: Self.longestOutput), error: .string(limit: Self.longestOutput))
    return Outcome(
      status: CommandStatus(result.terminationStatus), output: result.standardOutput,
      errors: result.standardError.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

struct ToolMissing: Error, CustomStringConvertible {
  var name: String

  var description: String { "the program '\(name)' is not installed" }
}
