import Foundation
import LabReport

/// A folder that is gone when its owner is.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "labreport-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      FileHandle.standardError.write(Data("\(url.path) is left over: \(error)\n".utf8))
    }
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appending(path: name)))
  }
}

struct CommandFailed: Error {
  var command: [String]
  var status: Int32
}

/// Runs a program found by PATH; input and output through files, so no pipe can fill up.
func run(_ command: [String], input: String = "", in folder: TemporaryFolder) throws -> Data {
  let name = UUID().uuidString
  let stdin = try folder.write(Array(input.utf8), to: "\(name).in")
  let stdout = try folder.write([], to: "\(name).out")
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  process.standardInput = try FileHandle(forReadingFrom: URL(filePath: stdin))
  process.standardOutput = try FileHandle(forWritingTo: URL(filePath: stdout))
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw CommandFailed(command: command, status: process.terminationStatus)
  }
  return try Data(contentsOf: URL(filePath: stdout))
}

enum Fixture {
  /// The repository's 400 x 328 picture with large white areas.
  static let horse = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lab/images/horse.ppm").standardized.path

  static let checker = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_html.py").path

  static let forms = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "check_forms.py").path

  static func openssl(
    _ cipher: String, from input: String, to output: String, decrypt: Bool = false,
    in folder: TemporaryFolder
  ) throws {
    var command = ["openssl", "enc", "-\(cipher)", "-K", "000102030405060708090a0b0c0d0e0f"]
    if cipher != "aes-128-ecb" { command += ["-iv", "a0a1a2a3a4a5a6a7a8a9aaab00000000"] }
    command += ["-in", input, "-out", folder.path(output)]
    _ = try run(command + (decrypt ? ["-d"] : []), in: folder)
  }

  static func sha256(_ path: String, in folder: TemporaryFolder) throws -> String {
    let output = try run(["openssl", "dgst", "-sha256", "-r", path], in: folder)
    return String(decoding: output.prefix(64), as: UTF8.self)
  }
}
