import HostKit
import Subprocess

/// What a command on a board came to, and what it printed.
public struct CommandOutput: Sendable, Equatable {
  /// The command's own.
  public var status: CommandStatus
  /// What it wrote to standard output; what is no UTF-8 is U+FFFD.
  public var output: String
  /// The same of standard error.
  public var errors: String
  /// There was more of one of them than was asked for.
  public var isCut: Bool { isOutputCut || areErrorsCut }
  public var isOutputCut: Bool
  public var areErrorsCut: Bool
  /// The last that it wrote to each, up to 4 KiB, also where it was cut.
  public var outputEnd: String
  public var errorsEnd: String

  public init(
    status: CommandStatus, output: String, errors: String, isOutputCut: Bool = false,
    areErrorsCut: Bool = false
  ) {
    self.status = status
    self.output = output
    self.errors = errors
    self.isOutputCut = isOutputCut
    self.areErrorsCut = areErrorsCut
    outputEnd = output
    errorsEnd = errors
  }

  package init(status: CommandStatus, _ output: OutputHead, _ errors: OutputHead) {
    self.init(
      status: status, output: output.text, errors: errors.text,
      isOutputCut: output.isCut, areErrorsCut: errors.isCut)
    outputEnd = output.end
    errorsEnd = errors.end
  }
}

/// The first bytes of a stream; the rest is read, so that whoever writes goes on, and dropped.
package struct OutputHead: Sendable {
  /// In bytes.
  private let limit: Int
  private var bytes: [UInt8] = []
  private var last: [UInt8] = []
  /// Bytes of the end that are kept beside the beginning.
  private static let longestEnd = 4096
  package private(set) var isCut = false

  /// - Parameter limit: how many bytes are kept.
  package init(limit: Int) { self.limit = limit }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  package var end: String { String(decoding: last, as: UTF8.self) }

  package mutating func add(_ piece: some Collection<UInt8>) {
    let kept = piece.prefix(limit - bytes.count)
    bytes += kept
    isCut = isCut || kept.count < piece.count
    last = Array((last + piece.suffix(Self.longestEnd)).suffix(Self.longestEnd))
  }

  /// Reads both streams of a program to their ends.
  package static func read(
    _ output: SubprocessOutputSequence, _ errors: SubprocessOutputSequence, limit: Int
  ) async throws -> (OutputHead, OutputHead) {
    async let end = read(errors, limit)
    return (try await read(output, limit), try await end)
  }

  private static func read(
    _ stream: SubprocessOutputSequence, _ limit: Int
  ) async throws -> OutputHead {
    var head = OutputHead(limit: limit)
    for try await piece in stream { piece.withUnsafeBytes { head.add($0) } }
    return head
  }
}
