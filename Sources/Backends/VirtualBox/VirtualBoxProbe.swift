import Foundation
import HostKit
import LabCore
import LabValues

extension VirtualBoxBackend {
  /// Whether machines can be made, and whether the processor itself can run them.
  public func probe() async -> BackendProbe { await precheck(VirtualBoxSettings()) }

  public func precheck(for settings: CarriedValue) async throws(LabError) -> BackendProbe {
    await precheck(try settings.read(as: VirtualBoxSettings.self, "settings"))
  }

  private func precheck(_ settings: VirtualBoxSettings) async -> BackendProbe {
    do throws(LabError) {
      let host = try await VirtualBoxHost.open(
        command: settings.command, environment: environment, tools: tools, timeout: timeout)
      try await host.checkService()
      for program in ["ssh", "ssh-keygen", "xorriso"] where tools.path(of: program) == nil {
        return .unavailable(
          reason: "\(program) is not installed", remedy: Remedy.install([program]))
      }
      if settings.start == .driverless {
        _ = try host.driverless()
        return .slow(reason: "VirtualBox \(host.version) interprets every instruction")
      }
      guard case .missing(let reason) = await host.driver() else { return .available }
      if settings.start == .driver {
        return .unavailable(
          reason: "VirtualBox \(host.version): \(reason)", remedy: VirtualBoxHost.driverRemedy)
      }
      do throws(LabError) { _ = try host.driverless() } catch {
        return .unavailable(
          reason: "VirtualBox \(host.version): \(reason); and without it: \(error)",
          remedy: VirtualBoxHost.driverRemedy)
      }
      return .slow(
        reason:
          "VirtualBox \(host.version) interprets every instruction, and boards take minutes to start: "
          + "\(reason). Remedy: \(VirtualBoxHost.driverRemedy)")
    } catch {
      return .unavailable(
        reason: "\(error)", remedy: error.hint)
    }
  }

  /// A look at a file; other systems load the driver themselves.
  public var mayBeFast: Bool {
    let places = VBoxPlaces(environment: environment, tools: tools)
    guard (try? places.manage(nil)) != nil else { return false }
    return places.system != .linux || FileManager.default.fileExists(atPath: "/dev/vboxdrv")
  }

  /// An interpreted board is for those who ask for it.
  public var autoTakesSlow: Bool { false }
}
