import Foundation
import Testing

@testable import PiCrypto

/// Runs a program of Python's and returns its standard output without the last newline.
func python(_ program: String, input: String = "") throws -> String {
  try run("/usr/bin/python3", ["-c", program], input: input)
}

func run(_ path: String, _ arguments: [String], input: String = "") throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  let standardInput = Pipe()
  let output = Pipe()
  process.standardInput = standardInput
  process.standardOutput = output
  try process.run()
  // Both ends at once: the program may answer before it has read everything.
  DispatchQueue.global().async {
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    standardInput.fileHandleForWriting.closeFile()
  }
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(path) ended with \(process.terminationStatus)")
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
}

extension SecretBytes {
  init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  init(hex: String) throws { self.init(try #require(Hex.decode(hex))) }

  var revealed: [UInt8] { withUnsafeBytes { Array($0) } }
}

func unhex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

/// The file of vectors where it is there; a sentence in the output where it is not.
func vectors(_ name: String) throws -> Data? {
  let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/vectors")
  let file = folder.standardizedFileURL.appendingPathComponent(name)
  guard FileManager.default.fileExists(atPath: file.path) else {
    print("SKIPPED \(name): the Wycheproof files are not beside this checkout")
    return nil
  }
  return try Data(contentsOf: file)
}

/// A file of Wycheproof, as far as these tests read it.
struct Wycheproof<Case: Decodable>: Decodable {
  struct Group: Decodable {
    let keySize: Int?
    let ivSize: Int?
    let tagSize: Int?
    let tests: [Case]
  }
  let numberOfTests: Int
  let testGroups: [Group]
}
