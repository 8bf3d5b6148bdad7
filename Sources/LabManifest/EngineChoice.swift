/// What runs the instructions of virtual machines: the processor itself (KVM), or QEMU's translator (TCG).
public enum EngineChoice: String, Sendable, Codable, CaseIterable {
  /// KVM where a guest under it answers, else TCG.
  case auto
  case kvm, tcg
}
