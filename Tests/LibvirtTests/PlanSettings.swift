import LabCore
import LabValues

@testable import Libvirt

/// A plan's settings, key by key.
extension LabPlan {
  private var libvirt: LibvirtSettings {
    get { (try? settings(else: LibvirtSettings())) ?? LibvirtSettings() }
    set { settings = CarriedValue(newValue) }
  }

  var uri: String? {
    get { libvirt.uri }
    set { libvirt.uri = newValue }
  }

  var engine: EngineChoice {
    get { libvirt.engine }
    set { libvirt.engine = newValue }
  }

  var bootTimeout: Duration {
    get { libvirt.bootTimeout }
    set { libvirt.bootTimeout = newValue }
  }
}
