import HostKit
import LabCore

/// Work on all of several machines at the same time.
///
/// - Throws: the first failure; the others are told to stop, and waited for.
package func concurrentForEach<Machine: Sendable>(
  _ machines: [Machine],
  _ body: @escaping @Sendable (Machine) async throws(LabError) -> Void
) async throws(LabError) {
  let failures = await withTaskGroup(of: LabError?.self) { group in
    for machine in machines {
      group.addTask {
        do throws(LabError) { try await body(machine) } catch { return error }
        return nil
      }
    }
    var failures: [LabError] = []
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
