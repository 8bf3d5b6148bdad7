import LabCore
import LabValues

/// Ends work that takes too long.
enum TimeLimit {
  /// - Throws: `timed_out` when the limit is over; the work has ended then.
  static func run<Value: Sendable>(
    _ limit: Duration, _ what: String, step: String = "test",
    _ body: @escaping @Sendable () async throws(LabError) -> Value
  ) async throws(LabError) -> Value {
    let result = await withTaskGroup(of: Result<Value, LabError>?.self) { group in
      group.addTask {
        do throws(LabError) { return .success(try await body()) } catch {
          return .failure(error)
        }
      }
      group.addTask {
        // Woken early it is not needed any more.
        do { try await Task.sleep(for: limit) } catch { return nil }
        return .some(.failure(timedOut(limit, what, step)))
      }
      var result: Result<Value, LabError>?
      while let next = await group.next() {
        guard let next else { continue }
        // What ends because it was told to says nothing new.
        if result == nil { result = next }
        group.cancelAll()
      }
      return result ?? .failure(.cancelled)
    }
    if Task.isCancelled { throw .cancelled }
    return try result.get()
  }

  private static func timedOut(_ limit: Duration, _ what: String, _ step: String) -> LabError {
    LabError(.timedOut, "\(what) did not end within \(DurationText.format(limit))", step: step)
  }
}

extension LabError.Code {
  static let timedOut = Self("timed_out", .exchangeFailed)
  static let notReady = Self("not_ready", .exchangeFailed)
}
