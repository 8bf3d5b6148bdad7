import LabManifest
import LabValues

/// The backends of this version, in the order in which mode `auto` prefers them.
public struct BackendCatalog: Sendable {
  public let backends: [any LabBackend]

  public init(_ backends: [any LabBackend]) { self.backends = backends }

  /// The backend for a mode; `auto` takes the first that can work here at its full speed.
  /// - Parameter ownKernels: boards need a kernel of their own; then `auto` takes a slow backend too.
  /// - Throws: `.unavailable`, naming what is available.
  public func backend(
    for mode: LabMode, withOwnKernels ownKernels: Bool = false,
    _ settings: [LabMode: BackendSettings] = [:]
  ) async throws(LabError) -> any LabBackend {
    guard mode != .auto else { return try await firstThatWorks(ownKernels: ownKernels) }
    guard let backend = backends.first(where: { $0.mode == mode }) else {
      throw notInThisVersion(mode)
    }
    let probe =
      if let settings = settings[mode] {
        try await backend.precheck(for: settings.value)
      } else { await backend.precheck() }
    if case .unavailable(let reason, let remedy) = probe {
      throw LabError.cannotWork(mode, reason, remedy)
    }
    return backend
  }

  /// The backend that made a lab.
  /// - Throws: `.stateDamaged` when this version has none for the record's mode.
  public func backend(of record: LabRecord) throws(LabError) -> any LabBackend {
    guard let backend = backends.first(where: { $0.mode == record.mode }) else {
      throw record.damaged("this pilab has no mode '\(record.mode)'")
    }
    return backend
  }

  /// But for `auto`, those that need least first.
  public var modes: [LabMode] { backends.reversed().map(\.mode) }

  /// What manifests may say.
  public var grammar: ManifestGrammar {
    ManifestGrammar(modes: modes, sections: backends.reversed().compactMap(\.manifestSection))
  }

  /// The error of a mode that has no backend here.
  func notInThisVersion(_ mode: LabMode) -> LabError {
    let names = backends.map(\.mode.rawValue).joined(separator: ", ")
    return LabError(
      .unavailable,
      "mode '\(mode.rawValue)' is not available in this version; available: \(names)",
      step: "probe", hint: "choose one of those with --mode, or set `mode: auto` in the manifest")
  }

  private func firstThatWorks(ownKernels: Bool) async throws(LabError) -> any LabBackend {
    var reasons: [String] = []
    // A probe that starts daemons and guests takes seconds, so it is left out where it could only say "slow".
    for backend in backends {
      guard ownKernels ? backend.abilities.contains(.ownKernel) : backend.mayBeFast else {
        continue
      }
      switch await backend.probe() {
      case .slow where ownKernels && backend.autoTakesSlow: return backend
      case .available, .limited: return backend
      case .slow(let reason): reasons.append("\(backend.mode.rawValue): \(reason)")
      case .unavailable(let reason, _): reasons.append("\(backend.mode.rawValue): \(reason)")
      }
    }
    throw LabError(
      .unavailable, "no backend can work here (\(reasons.joined(separator: "; ")))",
      step: "probe", hint: "run: pilab doctor")
  }
}
