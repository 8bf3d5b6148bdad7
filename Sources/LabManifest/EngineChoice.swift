/// How VirtualBox starts machines.
public enum StartChoice: String, Sendable, Codable, CaseIterable {
  /// With the driver where it is loaded, else without.
  case auto
  /// By VirtualBox's kernel module.
  case driver
  /// Without it: VirtualBox interprets every instruction.
  case driverless
}

/// What runs the instructions of virtual machines: the processor itself (KVM), or QEMU's translator (TCG).
public enum EngineChoice: String, Sendable, Codable, CaseIterable {
  /// KVM where a guest under it answers, else TCG.
  case auto
  case kvm, tcg
}
