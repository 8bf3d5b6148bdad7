import HostKit
import LabCore
import LabManifest
import LabValues

/// Scenarios that a run tries, as cells.
struct TestPlanned: Sendable {
  var request: TestRequest
  var plan: TestPlan
}

extension RunRequest {
  /// A run of scenarios.
  /// - Parameters:
  ///   - mode: the user's; then cells of other modes are left out.
  ///   - catalog: says which modes can work here.
  /// - Throws: `no_scenarios`, `no_such_scenario`, `no_such_cell`, `image_missing`; `nothing_judged` where none of the modes
  ///   can work here.
  public init(
    testing manifest: LabManifest, _ tests: TestRequest, mode: LabMode? = nil,
    output: String? = nil, root: String, programs: BoardPrograms, source: ManifestSource? = nil,
    keepsLab: Bool = false, catalog: BackendCatalog
  ) async throws(LabError) {
    let plan = try TestPlan(tests, manifest, mode: mode)
    let own = try await Self.ownMode(plan, manifest, mode, root: root, catalog)
    try Self.requireOne(of: plan, own, tests, catalog)
    self.init(
      manifest, mode: own, output: output, root: root, programs: programs, source: source,
      keepsLab: keepsLab || tests.keepsOnFailure,
      tests: TestPlanned(request: tests, plan: plan))
    for exchange in exchanges { try Self.checkImage(exchange.image) }
    let needsAttacker = plan.cells.contains { cell in
      cell.scenario.steps.flatMap(\.exchanges).contains { $0.attacker != nil }
        || !cell.scenario.replayed.isEmpty
    }
    if needsAttacker { try programs.requireInterceptor() }
  }

  /// Before anything is made: there must be a cell that its mode can do.
  private static func requireOne(
    of plan: TestPlan, _ own: LabMode, _ tests: TestRequest, _ catalog: BackendCatalog
  ) throws(LabError) {
    var reasons: [String] = []
    for cell in plan.cells {
      // Of mode auto it is known when its lab is there.
      let mode = cell.mode ?? own
      guard let backend = catalog.backends.first(where: { $0.mode == mode }) else { return }
      guard let reason = cell.scenario.refusal(of: backend.abilities, in: mode) else { return }
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    let isAsked = tests.isStrict && plan.cells.contains { $0.mode != nil }
    throw LabError(
      isAsked ? .notAsAsked : .nothingJudged,
      plan.cells.isEmpty
        ? "no cell of the scenarios is of that mode and in that part"
        : "no cell can be tried: \(reasons.joined(separator: "; "))", step: "prepare",
      hint: plan.cells.isEmpty ? nil : "scenarios with machines: --mode libvirt")
  }

  /// The manifest with the images as they were taken.
  var manifestAsTaken: LabManifest {
    var manifest = manifest
    for index in manifest.exchanges.indices {
      let name = manifest.exchanges[index].name
      if let taken = exchanges.first(where: { $0.name == name }) {
        manifest.exchanges[index] = taken
      }
    }
    return manifest
  }

  /// In which the run's own lab is: the user's, that of a lab that is up, the manifest's where cells name none, or the
  /// last of theirs that can work here.
  private static func ownMode(
    _ plan: TestPlan, _ manifest: LabManifest, _ mode: LabMode?, root: String,
    _ catalog: BackendCatalog
  ) async throws(LabError) -> LabMode {
    if let mode { return mode }
    let hasOwn = plan.cells.isEmpty || plan.cells.contains { $0.mode == nil }
    let state = try LabFolder(of: manifest.name, in: root).state.read()
    if let up = state, !up.isTransient, hasOwn || plan.modes.contains(up.record.mode) {
      return up.record.mode
    }
    if hasOwn { return manifest.mode }
    var reasons: [String] = []
    for mode in plan.modes.reversed() {
      do throws(LabError) {
        _ = try await catalog.backend(for: mode, manifest.settings)
        return mode
      } catch { reasons.append("\(error)") }
    }
    throw LabError(
      .nothingJudged, "nothing can be tried here: \(reasons.joined(separator: "; "))",
      step: "prepare", hint: "run: pilab doctor")
  }
}

extension LabError.Code {
  static let nothingJudged = Self("nothing_judged", .nothingJudged)
  /// The same, where a mode that the manifest names has to do it.
  static let notAsAsked = Self("nothing_judged", .exchangeFailed)
}
