import Foundation
import Testing

@testable import HostKit

struct UncancelledTests {
  private struct Failure: Error, Equatable { var number: Int }

  /// A task that has been cancelled before it begins.
  private func cancelled<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      // Ends at once: the task has been cancelled.
      for await _ in gate {}
      #expect(Task.isCancelled)
      return try await body()
    }
    task.cancel()
    open.finish()
    return try await task.value
  }

  @Test func cancellationDoesNotReachTheWork() async throws {
    let value = try await cancelled {
      await #expect(throws: CancellationError.self) { try await Task.sleep(for: .zero) }
      return try await uncancelled {
        try await Task.sleep(for: .milliseconds(1))
        return Task.isCancelled ? 0 : 7
      }
    }
    #expect(value == 7)
  }

  @Test func cancellationMeanwhileDoesNotEndIt() async throws {
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await uncancelled {
        begin.finish()
        try await Task.sleep(for: .milliseconds(50))
        return Task.isCancelled
      }
    }
    for await _ in begun {}
    task.cancel()
    #expect(try await task.value == false)
  }

  @Test func itsErrorIsTheCallers() async {
    await #expect(throws: Failure(number: 3)) {
      try await uncancelled { () throws(Failure) in throw Failure(number: 3) }
    }
  }

  @Test func aPauseIsWaitedForAfterCancellation() async throws {
    let waited = try await cancelled {
      let start = ContinuousClock.now
      await pauseUncancelled(for: .milliseconds(30))
      return ContinuousClock.now - start
    }
    #expect(waited >= .milliseconds(30))
  }
}
