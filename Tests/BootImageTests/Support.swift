import Foundation

/// A program run to its end.
struct Command: Sendable {
  var status: Int32
  var output: String
  var errors: String

  /// Output goes through files, so that no pipe can fill. Ends the program after `seconds`.
  static func run(
    _ program: String, _ arguments: [String], in folder: String, input: String? = nil,
    environment: [String: String] = [:], seconds: Int = 120
  ) async throws -> Command {
    let log = "\(NSTemporaryDirectory())/pilab-command-\(UUID().uuidString)"
    defer {
      for suffix in ["out", "err"] {
        try? FileManager.default.removeItem(atPath: "\(log).\(suffix)")
      }
    }
    for suffix in ["out", "err"] { try Data().write(to: URL(fileURLWithPath: "\(log).\(suffix)")) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) }
      ?? FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(log).out"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(log).err"))
    try process.run()
    let deadline = ContinuousClock.now + .seconds(seconds)
    while process.isRunning {
      if ContinuousClock.now > deadline { kill(process.processIdentifier, SIGKILL) }
      try await Task.sleep(for: .milliseconds(10))
    }
    return Command(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "\(log).out")), as: UTF8.self),
      errors: String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "\(log).err")), as: UTF8.self))
  }
}

/// A key pair of ssh-keygen in a folder.
struct KeyFiles {
  let path: String
  let secret: String
  let line: String

  init(_ name: String, in folder: String, type: [String] = ["ed25519"], passphrase: String = "")
    async throws
  {
    path = "\(folder)/\(name)"
    let made = try await Command.run(
      "/usr/bin/ssh-keygen",
      ["-q", "-t"] + type + ["-N", passphrase, "-C", "of the test", "-f", path], in: folder)
    guard made.status == 0 else { throw KeyNotMade(errors: made.errors) }
    secret = try String(contentsOfFile: path, encoding: .utf8)
    line = try String(contentsOfFile: "\(path).pub", encoding: .utf8)
      .trimmingCharacters(in: .newlines)
  }

  struct KeyNotMade: Error { var errors: String }
}
