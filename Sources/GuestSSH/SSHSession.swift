import Foundation
import Glibc
import HostKit
import LabCore
import Subprocess
import SystemPackage

/// Commands of pilab's own over a board's connection: short, and each with its own output.
package struct SSHSession: Sendable {
  package let connection: SSHConnection

  package init(connection: SSHConnection) {
    self.connection = connection
  }

  private static let longestOutput = 1 << 20

  /// Runs a command to its end. Its input is `input`, or nothing.
  /// - Throws: `SSHFault` where the command did not end by itself.
  package func collect(_ command: String, input: FileDescriptor? = nil) async throws -> Tool.Outcome
  {
    try await logged { log in
      let outcome = try await connection.tools.run(
        [connection.client] + connection.target.commandWords(command, log: log),
        in: connection.target.folder, environment: connection.marks, input: input,
        standing: .ownGroup, gracePeriod: Self.gracePeriod)
      return (outcome.status, outcome)
    }
  }

  /// Runs a command and gives its output to `onBytes` piece by piece.
  package func stream(
    _ command: String, _ onBytes: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
  ) async throws -> Tool.Outcome {
    try await logged { log in
      let result = try await Subprocess.run(
        .path(FilePath(connection.client)),
        arguments: Arguments(connection.target.commandWords(command, log: log)),
        environment: .custom(connection.environment),
        workingDirectory: FilePath(connection.target.folder), platformOptions: Self.options(),
        input: .none, output: .sequence, error: .string(limit: Self.longestOutput)
      ) { execution in
        for try await piece in execution.standardOutput {
          try piece.withUnsafeBytes { try onBytes($0) }
        }
      }
      let outcome = Tool.Outcome(
        status: CommandStatus(result.terminationStatus), output: "",
        errors: result.standardError.trimmingCharacters(in: .whitespacesAndNewlines))
      return (outcome.status, outcome)
    }
  }

  /// Gives `body` a log for ssh's own words, which would else be among the command's.
  func logged<Value: Sendable>(
    _ body: (String) async throws -> (CommandStatus, Value)
  ) async throws -> Value {
    let log = "\(connection.target.alias).\(LabRecord.newID()).log"
    defer { unlink("\(connection.target.folder)/\(log)") }
    let (status, value) = try await body(log)
    try Task.checkCancellation()
    switch status {
    case .exited(255):
      let said = connection.text(of: log)
      let alone = said.isEmpty && connection.isOpen
      throw SSHFault(
        log: alone ? "the board ended this command's session and no other" : said,
        connecting: false)
    case .exited: return value
    case .signalled(let signal): throw SSHFault.lost("ssh ended by signal \(signal)")
    }
  }

  private static let gracePeriod = Duration.milliseconds(500)

  /// For a command that ends when its session does.
  package static func options() -> PlatformOptions {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: .terminate, allowedDurationToNextStep: gracePeriod)
    ]
    return options
  }
}
