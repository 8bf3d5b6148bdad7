import LabCore
import LabValues

@testable import VirtualBox

/// A plan's settings, key by key.
extension LabPlan {
  private var virtualBox: VirtualBoxSettings {
    get { (try? settings(else: VirtualBoxSettings())) ?? VirtualBoxSettings() }
    set { settings = CarriedValue(newValue) }
  }

  var start: StartChoice {
    get { virtualBox.start }
    set { virtualBox.start = newValue }
  }

  var bootTimeout: Duration? {
    get { virtualBox.bootTimeout }
    set { virtualBox.bootTimeout = newValue }
  }
}
