import GuestSSH
import HostKit
import LabCore
import LabValues

extension LibvirtBackend {
  /// Whether machines can be made, and whether the processor itself can run them.
  public func probe() async -> BackendProbe {
    do throws(LabError) {
      let host = try await reach(LibvirtHost.standardURI(environment))
      if let refusal = await emulatorRefusal(host) { return refusal }
      switch await EngineDecision(host: host, environment: environment).verdict() {
      case .answers: return .available
      case .no(let reason): return .slow(reason: "QEMU emulates the processor: \(reason)")
      }
    } catch {
      return .unavailable(reason: "\(error)", remedy: error.hint)
    }
  }

  /// Whether libvirt answers; what else there is to refuse `create` says.
  public func precheck(for settings: CarriedValue) async throws(LabError) -> BackendProbe {
    await precheck(try settings.read(as: LibvirtSettings.self, "settings"))
  }

  public func precheck() async -> BackendProbe { await precheck(LibvirtSettings()) }

  private func precheck(_ settings: LibvirtSettings) async -> BackendProbe {
    do throws(LabError) {
      _ = try await reach(settings.uri ?? LibvirtHost.standardURI(environment))
      return .available
    } catch {
      return .unavailable(reason: "\(error)", remedy: error.hint)
    }
  }

  private func reach(_ uri: String) async throws(LabError) -> LibvirtHost {
    for program in ["ssh", "ssh-keygen"] where tools.path(of: program) == nil {
      throw SSHKeyPair.missingClient(step: "probe")
    }
    return try await LibvirtHost.open(uri, library)
  }

  private func emulatorRefusal(_ host: LibvirtHost) async -> BackendProbe? {
    do throws(LibvirtError) {
      _ = try await LibvirtConnection.blocking { () throws(LibvirtError) in
        try host.connection.domainCapabilities(type: Engine.tcg.domainType)
      }
      return nil
    } catch {
      return .unavailable(
        reason: error.description, remedy: Remedy.install(LibvirtHost.programs))
    }
  }

  public var mayBeFast: Bool {
    EngineDecision.mayUseKVM(LibvirtHost.standardURI(environment), environment)
  }
}
