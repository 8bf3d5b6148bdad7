import HostKit
import LabCore

/// Work on all machines of a lab at the same time.
package enum AtOnce {
  /// - Throws: the first failure; the others are told to stop, and waited for.
  package static func forEach<Machine: Sendable>(
    _ machines: [Machine],
    _ body: @escaping @Sendable (Machine) async throws(BackendError) -> Void
  ) async throws(BackendError) {
    let failures = await withTaskGroup(of: BackendError?.self) { group in
      for machine in machines {
        group.addTask {
          do throws(BackendError) { try await body(machine) } catch { return error }
          return nil
        }
      }
      var failures: [BackendError] = []
      for await failure in group {
        guard let failure else { continue }
        failures.append(failure)
        // Nobody waits for a board of a lab that has failed.
        group.cancelAll()
      }
      return failures
    }
    if let failure = failures.first { throw failure }
  }
}
