import LabManifest
import LabValues

extension LabMode {
  /// Virtual machines of QEMU that libvirt makes.
  public static let libvirt = LabMode(rawValue: "libvirt")
}

/// How mode libvirt makes virtual machines; `libvirt:` in the manifest.
struct LibvirtSettings: Codable, Sendable, Equatable {
  /// libvirt's connection URI; nil takes that of the whole machine for root, that of the user for others.
  var uri: String?
  var engine = EngineChoice.auto
  /// From switching on to the first answer by SSH.
  var bootTimeout = Duration.seconds(120)
}

/// What runs the instructions of virtual machines: the processor itself (KVM), or QEMU's translator (TCG).
enum EngineChoice: String, Sendable, Codable, CaseIterable {
  /// KVM where a guest under it answers, else TCG.
  case auto
  case kvm, tcg
}

extension LibvirtSettings {
  static let section = BackendSection(
    mode: .libvirt, meaning: "how mode libvirt makes virtual machines", keys: keys
  ) { value, _ in
    var settings = LibvirtSettings()
    settings.uri = value?["uri"]?.text
    if let engine = value?["engine"]?.text.flatMap(EngineChoice.init) { settings.engine = engine }
    if let text = value?["bootTimeout"]?.text, let timeout = try? DurationText.parse(text) {
      settings.bootTimeout = timeout
    }
    return BackendSettings(
      settings,
      summary: "\(settings.uri ?? "the user's libvirt") with engine \(settings.engine.rawValue)")
  }

  private static let keys = [
    Key(
      name: "uri", shape: .scalar(.uri),
      defaultText: "qemu:///system for root, qemu:///session for others",
      meaning: "which libvirt of this machine"),
    Key(
      name: "engine", shape: .scalar(.choice("engine", EngineChoice.allCases.map(\.rawValue))),
      defaultText: "auto",
      meaning: "what runs the machines; auto: kvm where a guest answers, else tcg"),
    Key(
      name: "bootTimeout", shape: .scalar(.duration),
      defaultText: DurationText.format(LibvirtSettings().bootTimeout),
      meaning: "how long a board may take from its start to its first answer"),
  ]
}
