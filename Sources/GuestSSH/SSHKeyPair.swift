import Foundation
import Glibc
import HostKit
import LabCore

/// An ed25519 key pair without a passphrase, made for one lab: for logging in, or as a board's host key.
package struct SSHKeyPair: Codable, Sendable, Equatable {
  /// OpenSSH's private key file, mode 0600.
  package var privateFile: String
  /// The line of an authorized_keys or known_hosts file, without host: `ssh-ed25519 AAAA… comment`.
  package var publicLine: String

  /// Makes a pair; `file` and `file.pub` must not exist.
  /// - Throws: `.unavailable` where ssh-keygen is missing, `.boardNotCreated`.
  package static func make(
    at file: String, comment: String, tools: Tool
  ) async throws(LabError) -> SSHKeyPair {
    guard tools.path(of: "ssh-keygen") != nil else { throw missingClient(step: "create") }
    // It would ask whether to replace it.
    guard !FileManager.default.fileExists(atPath: file) else {
      throw LabError(.boardNotCreated, "\(file) exists already", step: "create")
    }
    let outcome: Tool.Outcome
    do {
      outcome = try await tools.run([
        "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file,
      ])
    } catch {
      throw failure(ErrorWords.words(of: error))
    }
    guard outcome.succeeded else { throw failure(outcome.errors) }
    return try load(file)
  }

  /// A pair that was made earlier.
  package static func load(_ file: String) throws(LabError) -> SSHKeyPair {
    guard let text = try? String(contentsOfFile: "\(file).pub", encoding: .utf8) else {
      throw failure("cannot read \(file).pub")
    }
    return SSHKeyPair(
      privateFile: file, publicLine: text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// The error of a machine without OpenSSH's client.
  package static func missingClient(step: String) -> LabError {
    LabError(
      .unavailable, "the OpenSSH client is not installed", step: step,
      hint: Remedy.install(["ssh", "ssh-keygen"]))
  }

  private static func failure(_ cause: String) -> LabError {
    LabError(.boardNotCreated, "cannot make an SSH key", step: "create", cause: cause)
  }
}
