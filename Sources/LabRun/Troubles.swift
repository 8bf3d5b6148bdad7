import LabCore

/// What went wrong beside the exchanges of a run, or after them. It takes no result away: the run is kept, and these are
/// told of.
final class Troubles: Sendable {
  private let errors = SharedValue<[LabError]>([])

  var all: [LabError] { errors.value }

  func add(_ error: LabError) { errors.update { $0.append(error) } }

  /// Does what must not end the run when it fails; a cancellation ends it all the same.
  func collecting(_ body: () async throws(LabError) -> Void) async throws(LabError) {
    do throws(LabError) { try await body() } catch {
      if error.isCancellation { throw error }
      add(error)
    }
  }
}
