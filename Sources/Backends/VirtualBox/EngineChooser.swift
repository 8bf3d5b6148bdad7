import LabCore
import LabManifest

/// With VirtualBox's driver, or without?
struct EngineChooser: Sendable {
  let host: VirtualBoxHost
  /// What the driver is found to be.
  var look: @Sendable (VirtualBoxHost) async -> VirtualBoxHost.Driver

  /// - Throws: `.driverMissing` where it is asked for, `.unavailable` where neither works.
  func engine(_ choice: StartChoice) async throws(LabError) -> VirtualBoxEngine {
    if choice == .driverless {
      _ = try host.driverless()
      return .driverless
    }
    guard case .missing(let reason) = await look(host) else { return .driver }
    if choice == .driver { throw .driverMissing(reason) }
    do throws(LabError) { _ = try host.driverless() } catch {
      throw .driverMissing("\(reason); and without it: \(error)")
    }
    return .driverless
  }
}

extension LabError.Code {
  /// VirtualBox's kernel module cannot be used.
  static let driverMissing = LabError.Code("virtualbox_driver_missing")
}

extension LabError {
  static func driverMissing(_ reason: String, board: String? = nil) -> LabError {
    LabError(
      .driverMissing, "VirtualBox cannot use its driver", board: board, step: "create",
      hint:
        "\(VirtualBoxHost.driverRemedy); or, much slower, do without it: 'start: driverless' below "
        + "'virtualbox:' in the manifest", cause: reason)
  }
}
