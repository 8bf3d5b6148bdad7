import Foundation
import LabCore

/// What a board program says on standard error while it works; see docs/board-programs.md.
enum BoardEvent: Equatable {
  case listening(port: UInt16)
  case connected
  case confirmed
  /// The sender has done with a connection that did not confirm the key.
  case refused(LabError)
  case progress(bytes: UInt64, total: UInt64)

  /// Nil for a line that is no event of this version.
  init?(line: String) {
    guard line.hasPrefix("{"),
      let event = try? JSONDecoder().decode(Line.self, from: Data(line.utf8))
    else { return nil }
    switch event.event {
    case "listening":
      guard let port = event.port, port > 0 else { return nil }
      self = .listening(port: port)
    case "connected": self = .connected
    case "confirmed": self = .confirmed
    case "refused":
      guard let code = event.code, let step = event.step, let message = event.message else {
        return nil
      }
      self = .refused(LabError(.init(code, .exchangeFailed), message, step: step))
    case "progress":
      guard let bytes = event.bytes, let total = event.total else { return nil }
      self = .progress(bytes: bytes, total: total)
    default: return nil
    }
  }

  private struct Line: Decodable {
    var event: String
    var port: UInt16?
    var bytes: UInt64?
    var total: UInt64?
    var code: String?
    var step: String?
    var message: String?
  }
}
