import LabManifest

/// The backends of this version, in the order in which mode `auto` prefers them.
public struct BackendCatalog: Sendable {
  public let backends: [any LabBackend]

  public init(_ backends: [any LabBackend] = [NamespaceBackend(), LoopbackBackend()]) {
    self.backends = backends
  }

  /// The backend for a mode; `auto` takes the first that can work here.
  /// - Throws: `.unavailable`, naming what is available.
  public func backend(for mode: LabMode) async throws(BackendError) -> any LabBackend {
    guard mode != .auto else { return try await firstThatWorks() }
    guard let backend = backends.first(where: { $0.mode == mode }) else {
      throw notInThisVersion(mode)
    }
    if case .unavailable(let reason, let remedy) = await backend.precheck() {
      throw BackendError.cannotWork(mode, reason, remedy)
    }
    return backend
  }

  /// The backend that made a lab.
  /// - Throws: `.unavailable` when this version has none for the record's mode.
  public func backend(of record: LabRecord) throws(BackendError) -> any LabBackend {
    guard let backend = backends.first(where: { $0.mode == record.mode }) else {
      throw notInThisVersion(record.mode)
    }
    return backend
  }

  /// Modes that the manifest knows and this version has no backend for.
  public var missingModes: [LabMode] {
    LabMode.allCases.filter { mode in mode != .auto && !backends.contains { $0.mode == mode } }
  }

  public func notInThisVersion(_ mode: LabMode) -> BackendError {
    let names = backends.map(\.mode.rawValue).joined(separator: ", ")
    return BackendError(
      .unavailable,
      "mode '\(mode.rawValue)' is not available in this version; available: \(names)",
      step: "probe", hint: "choose one of those with --mode, or set `mode: auto` in the manifest")
  }

  private func firstThatWorks() async throws(BackendError) -> any LabBackend {
    var reasons: [String] = []
    for backend in backends {
      switch await backend.probe() {
      case .available: return backend
      case .unavailable(let reason, _): reasons.append("\(backend.mode.rawValue): \(reason)")
      }
    }
    throw BackendError(
      .unavailable, "no backend can work here (\(reasons.joined(separator: "; ")))",
      step: "probe", hint: "run: pilab doctor")
  }
}
