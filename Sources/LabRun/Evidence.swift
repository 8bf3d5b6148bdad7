import Foundation
import HostKit
import LabCore

/// Proof taken from the files themselves after an exchange, in constant memory.
enum Evidence {
  private static let blockSize = 1 << 20

  /// SHA-256 of a file, lower-case hexadecimal.
  static func sha256(of path: String) throws(LabError) -> String {
    try reading(path) { file in try file.sha256 { try Task.checkCancellation() } }
  }

  /// Whether two files have the same bytes.
  static func areIdentical(_ a: String, _ b: String) throws(LabError) -> Bool {
    let bufferA = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
    let bufferB = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 64)
    defer {
      bufferA.deallocate()
      bufferB.deallocate()
    }
    let (fileA, fileB) = (try reading(a) { $0 }, try reading(b) { $0 })
    var offset: Int64 = 0
    while true {
      if Task.isCancelled { throw .cancelled }
      let countA = try reading(fileA) { try $0.read(into: bufferA, at: offset) }
      let countB = try reading(fileB) { try $0.read(into: bufferB, at: offset) }
      guard countA == countB else { return false }
      if countA == 0 { return true }
      guard let baseA = bufferA.baseAddress, let baseB = bufferB.baseAddress,
        memcmp(baseA, baseB, countA) == 0
      else { return false }
      offset += Int64(countA)
    }
  }

  private static func reading<Value>(
    _ path: String, _ body: (RegularFile) throws -> Value
  ) throws(LabError) -> Value {
    do { return try body(try RegularFile(path)) } catch { throw unreadable(path, error) }
  }

  private static func reading<Value>(
    _ file: RegularFile, _ body: (RegularFile) throws -> Value
  ) throws(LabError) -> Value {
    do { return try body(file) } catch { throw unreadable(file.path, error) }
  }

  private static func unreadable(_ path: String, _ error: any Error) -> LabError {
    if error is CancellationError { return .cancelled }
    let problem = error as? RegularFile.Problem
    return LabError(
      .fileUnreadable, "cannot read \(path)", step: "verify",
      cause: problem?.description ?? ErrorWords.words(of: error))
  }
}
