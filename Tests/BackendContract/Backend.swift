import Backends
import LabCore
import LabTestSupport
import Testing

/// A backend that keeps the promises of `LabBackend`, as all do.
struct Backend: Sendable, CustomTestStringConvertible {
  let value: any LabBackend

  /// Those whose boards are made in an instant.
  static let allCases = Backends.all.filter { !$0.abilities.contains(.ownKernel) }.map(Backend.init)

  var testDescription: String { value.mode.rawValue }
}

extension LabFixture {
  static func with(
    _ backend: Backend, boards names: [String] = ["alice"],
    lifetime: LabPlan.Lifetime = .caller, _ body: (LabFixture) async throws -> Void
  ) async throws {
    try await with(backend.value, boards: names, lifetime: lifetime, body)
  }
}
