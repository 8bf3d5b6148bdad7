import Foundation
import HostKit
import LabResults

/// The last lines that a board's program printed, for an exchange that failed.
struct LogEnd {
  var board: String
  var lines: String

  private static let longest = 4096
  private static let mostLines = 10

  /// Of both boards; one whose program printed nothing, or whose log is not there, is left out.
  /// - Parameter folder: the run's.
  static func all(_ exchange: ExchangeResult, folder: String) -> [LogEnd] {
    guard exchange.verdict == .failed else { return [] }
    return [exchange.sender, exchange.receiver].compactMap { board in
      let texts = ["stderr.log", "stdout.log"].map {
        end(of: "\(folder)/\(exchange.name)/\(board)/\($0)")
      }
      let lines = texts.flatMap { $0 }.suffix(mostLines)
      guard !lines.isEmpty else { return nil }
      return LogEnd(
        board: Human.printable(board), lines: lines.map(Human.printable).joined(separator: "\n"))
    }
  }

  /// What cannot be read is told of in its place; a run whose files were taken away has none.
  private static func end(of path: String) -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    do throws(FileBytesError) {
      let file = try FileBytes(path)
      let bytes = try file.read(at: max(0, file.size - longest), count: longest)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    } catch { return ["\(error)"] }
  }
}
