import Foundation
import LabCore
import LabManifest
import LabRun
import Synchronization

/// Turns the first SIGINT, SIGTERM, SIGHUP or SIGXCPU into cancellation, and a later SIGINT or SIGTERM into an immediate end.
/// Later ones of the others are no wish of anybody's: of a terminal that goes away the shell tells, and the kernel, which
/// repeats SIGXCPU every second. A signal that was ignored
/// from the start is none: see SignalWatch.
final class Interruption: Sendable {
  static let signals = SignalWatch.endings
  /// How things are where whoever is told to stop undoes what was begun.
  private static let untouched = "the lab is as it was found"

  private let received = Mutex<Int32?>(nil)

  /// The exit status of the signal that came, nil where none came.
  var status: ExitStatus? {
    received.withLock { $0 }.map { ExitStatus(rawValue: 128 + $0) ?? .terminated }
  }

  /// Runs `body` in a task that a signal cancels.
  /// - Parameters:
  ///   - heedsAtEnd: the signal is an error even if `body` took no notice of it.
  ///   - outcome: how things are where `body` was told to stop.
  /// - Throws: `interrupted`, with the signal's exit status.
  static func guarding<Value: Sendable>(
    _ signals: [Int32] = signals, heedsAtEnd: Bool = false,
    outcome: String = untouched,
    _ body: @escaping @Sendable () async throws(LabError) -> Value
  ) async throws(LabError) -> Value {
    let interruption = Interruption()
    switch await interruption.run(signals, body) {
    case .success where heedsAtEnd && interruption.status != nil:
      throw interruption.error("told to stop; what was begun has been finished")
    case .success(let value): return value
    case .failure(let error): throw interruption.told(error, outcome)
    }
  }

  /// What a failure is told as. Whatever failed after a signal, failed because programs that were being run for it have
  /// been ended.
  func told(
    _ failure: LabError, _ outcome: String = untouched
  ) -> LabError {
    guard failure.isCancellation || status != nil && !failure.isLeftover else { return failure }
    return error("told to stop; \(outcome)")
  }

  private func error(_ message: String) -> LabError {
    LabError(
      .init("interrupted", status ?? .interrupted), message,
      hint: status == .processorTime
        ? "the processor time that this process may use is up: ulimit -t" : nil)
  }

  /// Runs `body` in a task that a signal cancels.
  func run<Value: Sendable>(
    _ signals: [Int32] = signals,
    _ body: @escaping @Sendable () async throws(LabError) -> Value
  ) async -> Result<Value, LabError> {
    // Nothing is begun before signals are heeded: one that comes between would end pilab with something half made.
    let (guarded, isGuarded) = AsyncStream.makeStream(of: Void.self)
    let task = Task { () -> Result<Value, LabError> in
      for await _ in guarded {}
      do throws(LabError) { return .success(try await body()) } catch { return .failure(error) }
    }
    SignalWatch.shared.guarding { [self] number in
      guard signals.contains(number) else { return }
      let isFirst = received.withLock { received in
        defer { received = received ?? number }
        return received == nil
      }
      if isFirst {
        task.cancel()
      } else if number != SIGHUP, number != SIGXCPU {
        // The boards end all the same: see ProcessGroupGuard.
        _exit(128 + number)
      }
    }
    isGuarded.finish()
    defer { SignalWatch.shared.end() }
    return await task.value
  }
}
