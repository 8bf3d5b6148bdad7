import HostKit
import LabCapture
import LabCore
import LabManifest
import LabResults

/// Records one exchange at the sender's interface, and tries claims on what was recorded.
struct WireRecorder: Sendable {
  /// Below the run's folder: `classic/capture.pcap`.
  let file: String
  private let folder: String
  private let board: any Capturing

  /// - Throws: `unsupported` for boards that have no network of their own.
  init(_ exchange: Exchange, on lab: any RunningLab, folder: String) throws(LabError) {
    board = try lab.board(exchange.sender)
      .require(.capturing, of: lab.record.mode, step: "capture")
    self.folder = folder
    file = "\(exchange.name)/capture.pcap"
  }

  /// Records what `body` does.
  /// - Returns: the body's value, and a sentence for the reader where frames are missing.
  func recording<Value: Sendable>(
    _ body: () async throws(LabError) -> Value
  ) async throws(LabError) -> (value: Value, warning: String?) {
    let capture = try await board.startCapture(to: "\(folder)/\(file)")
    let result: Result<Value, LabError>
    do throws(LabError) { result = .success(try await body()) } catch { result = .failure(error) }
    var warning: String?
    do { try await capture.stop() } catch {
      warning = "The capture lacks frames: \(error.cause ?? error.message)."
    }
    return (try result.get(), warning)
  }

  func evidence(of exchange: ExchangeResult) throws(LabError) -> CaptureResult {
    do {
      var report = try CaptureAnalysis(
        capture: "\(folder)/\(file)", exchange: exchange, folder: folder
      ).evidence()
      report.file = file
      return report
    } catch {
      throw LabError(
        .captureUnreadable, "cannot read the capture of exchange '\(exchange.name)'",
        step: "capture", cause: ErrorWords.words(of: error))
    }
  }
}
