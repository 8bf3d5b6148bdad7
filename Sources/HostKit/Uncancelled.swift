/// Runs work to its end that cancelling the caller does not reach: clean-up, and what others wait for.
public func uncancelled<Value: Sendable, Failure: Error>(
  _ work: sending @escaping () async throws(Failure) -> Value
) async throws(Failure) -> Value {
  // A task of its own inherits nothing of the caller's cancellation.
  try await Task { () async -> Result<Value, Failure> in
    do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
  }.value.get()
}

/// Waits so long, whether or not the caller has been cancelled: for the loops of clean-up.
public func pauseUncancelled(for duration: Duration) async {
  // It throws where it is cancelled, and nobody can do that here.
  await uncancelled { try? await Task.sleep(for: duration) }
}
