import Foundation

public struct CommandFailed: Error {
  public var command: [String]
  public var status: Int32
  public var errors: String
}

/// Runs a program found by PATH to its end; its streams go through files, so no pipe can fill up.
public func output(
  of command: [String], input: String = "", in folder: TemporaryFolder
) throws -> Data {
  let name = UUID().uuidString
  let stdin = try folder.write(Array(input.utf8), to: "\(name).in")
  let stdout = try folder.write([], to: "\(name).out")
  let stderr = try folder.write([], to: "\(name).err")
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  process.standardInput = try FileHandle(forReadingFrom: URL(filePath: stdin))
  process.standardOutput = try FileHandle(forWritingTo: URL(filePath: stdout))
  process.standardError = try FileHandle(forWritingTo: URL(filePath: stderr))
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    let errors = try String(contentsOfFile: stderr, encoding: .utf8)
    throw CommandFailed(command: command, status: process.terminationStatus, errors: errors)
  }
  return try Data(contentsOf: URL(filePath: stdout))
}

/// The same, with output that is text.
public func run(
  _ command: [String], input: String = "", in folder: TemporaryFolder
) throws -> String {
  String(decoding: try output(of: command, input: input, in: folder), as: UTF8.self)
}
