extension LibvirtBackend {
  /// Whether machines can be made, and whether the processor itself can run them.
  public func probe() async -> BackendProbe {
    do throws(BackendError) {
      let host = try await LibvirtHost.open(LibvirtHost.standardURI(environment))
      for (program, package) in [("ssh", "openssh-client"), ("ssh-keygen", "openssh-client")]
      where tools.path(of: program) == nil {
        return .unavailable(
          reason: "\(program) is not installed", remedy: "sudo apt-get install \(package)")
      }
      if let refusal = await emulatorRefusal(host) { return refusal }
      switch await EngineDecision(host: host, environment: environment).verdict() {
      case .answers: return .available
      case .no(let reason): return .slow(reason: "QEMU emulates the processor: \(reason)")
      }
    } catch {
      return .unavailable(reason: "\(error)", remedy: error.hint)
    }
  }

  private func emulatorRefusal(_ host: LibvirtHost) async -> BackendProbe? {
    do throws(LibvirtError) {
      _ = try await LibvirtConnection.blocking { () throws(LibvirtError) in
        try host.connection.domainCapabilities(type: Engine.tcg.domainType)
      }
      return nil
    } catch {
      return .unavailable(
        reason: error.description, remedy: "sudo apt-get install \(LibvirtHost.packages)")
    }
  }

  public var mayBeFast: Bool {
    EngineDecision.mayUseKVM(LibvirtHost.standardURI(environment), environment)
  }
}
