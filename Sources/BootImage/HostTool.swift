import Foundation
import HostKit
import Subprocess
import SystemPackage

/// Runs programs of this machine that a build needs.
package struct HostTool: ProgramLookup {
  struct Outcome: Sendable {
    var succeeded: Bool
    var output: String
    /// What it wrote to standard error, trimmed, its end where it is long.
    var errors: String
  }

  /// Which Debian package a program comes from, for those a machine may lack.
  static let packages = [
    "apt-get": "apt", "apt-cache": "apt", "apt-config": "apt", "dpkg-deb": "dpkg",
    "xorriso": "xorriso", "zstd": "zstd", "xz": "xz-utils",
  ]

  private static let longestOutput = 8 << 20

  /// Folders where programs are looked up, as in PATH.
  package let searchPath: String

  /// - Throws: `.toolMissing`, naming the packages that bring what is missing.
  func require(_ names: [String]) throws(ImageError) {
    let missing = names.filter { path(of: $0) == nil }
    guard !missing.isEmpty else { return }
    let packages = Set(missing.map { Self.packages[$0] ?? $0 }).sorted().joined(separator: " ")
    throw ImageError(
      .toolMissing, "missing to build the board image: \(missing.joined(separator: ", "))",
      hint: "install it: apt-get install \(packages)")
  }

  /// Runs a program to its end, in a folder; its output is kept. Cancellation kills it.
  func run(
    _ words: [String], in folder: String, environment: [String: String] = [:]
  ) async throws(ImageError) -> Outcome {
    try require([words[0]].filter { !$0.hasPrefix("/") })
    let program = words[0].hasPrefix("/") ? words[0] : path(of: words[0])!
    var variables: [Environment.Key: String?] = [
      "PATH": searchPath, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
    ]
    for (key, value) in environment { variables[Environment.Key(stringLiteral: key)] = value }
    do {
      let result = try await Subprocess.run(
        .path(FilePath(program)), arguments: Arguments(Array(words.dropFirst())),
        environment: .inherit.updating(variables), workingDirectory: FilePath(folder),
        input: .none, output: .string(limit: Self.longestOutput),
        error: .string(limit: Self.longestOutput))
      try Task.checkCancellation()
      let errors = result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
      return Outcome(
        succeeded: result.terminationStatus.isSuccess, output: result.standardOutput,
        errors: String(errors.suffix(2000)))
    } catch {
      if error is CancellationError || Task.isCancelled {
        throw ImageError(.cancelled, "told to stop")
      }
      throw ImageError(
        .buildFailed, "cannot run \(words[0])", SystemFault(error, path: program, .run))
    }
  }

  /// Like `run`, for a program whose failure ends the build.
  @discardableResult
  func build(
    _ words: [String], in folder: String, environment: [String: String] = [:]
  ) async throws(ImageError) -> String {
    let outcome = try await run(words, in: folder, environment: environment)
    guard outcome.succeeded else {
      throw ImageError(
        .buildFailed, "\(words[0]) failed",
        hint: ToolWords.hint(outcome.errors, path: folder), cause: outcome.errors)
    }
    return outcome.output
  }
}
