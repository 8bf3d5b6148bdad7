import Subprocess

/// What a program prints, line by line.
package enum OutputLines {
  /// Longest line that a program may print; more is an error and not silently cut.
  private static let longest = 1 << 20

  /// Gives each line as it comes, to the end of the output.
  package static func follow(
    _ output: SubprocessOutputSequence, as stream: OutputLine.Stream,
    _ onLine: @Sendable (OutputLine) -> Void
  ) async throws {
    let lines = output.strings(
      separatedBy: .unicodeScalarSequence(["\n"]), bufferingPolicy: .maxLineLength(longest))
    for try await line in lines {
      onLine(OutputLine(stream, line))
    }
  }
}
