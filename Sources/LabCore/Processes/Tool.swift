import Foundation
import HostKit
import LabManifest
import Subprocess
import SystemPackage

/// Runs programs of this machine that a backend needs, and gives back what they say.
package struct Tool: ProgramLookup {
  /// Folders where programs are looked up, as in PATH.
  package let searchPath: String

  package init(searchPath: String) {
    self.searchPath = searchPath
  }

  package struct Outcome: Sendable {
    package var status: CommandStatus
    package var output: String
    /// What it wrote to standard error, trimmed.
    package var errors: String

    package var succeeded: Bool { status == .exited(0) }

    package init(status: CommandStatus, output: String, errors: String) {
      self.status = status
      self.output = output
      self.errors = errors
    }
  }

  private static let longestOutput = 1 << 20

  /// - Parameter words: the program, by its path or by name, and its arguments.
  /// - Throws: what kept the program from being started.
  package func run(
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

extension CommandStatus {
  package init(_ status: TerminationStatus) {
    switch status {
    case .exited(let code): self = .exited(code)
    case .signaled(let signal): self = .signalled(signal)
    }
  }
}
