import LabManifest
import LabValues

extension LabMode {
  /// Virtual machines of VirtualBox.
  public static let virtualbox = LabMode(rawValue: "virtualbox")
}

/// How mode virtualbox makes virtual machines; `virtualbox:` in the manifest.
struct VirtualBoxSettings: Codable, Sendable, Equatable {
  /// VBoxManage: an absolute path, or a name that is looked up in PATH; nil looks for it.
  var command: String?
  var start = StartChoice.auto
  /// From switching on to the first answer by SSH; nil is what the boards' engine needs.
  var bootTimeout: Duration?
}

/// How VirtualBox starts machines.
enum StartChoice: String, Sendable, Codable, CaseIterable {
  /// With the driver where it is loaded, else without.
  case auto
  /// By VirtualBox's kernel module.
  case driver
  /// Without it: VirtualBox interprets every instruction.
  case driverless
}

extension VirtualBoxSettings {
  /// Whether the command is there is not asked: the lab may be meant for another machine.
  static let section = BackendSection(
    mode: .virtualbox, meaning: "how mode virtualbox makes virtual machines", keys: keys
  ) { value, folder in
    var settings = VirtualBoxSettings()
    if let command = value?["command"]?.text {
      // A name is looked up in PATH; Windows has paths of its own.
      let isPath = command.contains("/") && !command.contains("\\")
      settings.command = isPath ? folder.absolute(command) : command
    }
    if let start = value?["start"]?.text.flatMap(StartChoice.init) { settings.start = start }
    if let text = value?["bootTimeout"]?.text, let timeout = try? DurationText.parse(text) {
      settings.bootTimeout = timeout
    }
    return BackendSettings(
      settings,
      summary:
        "\(settings.command ?? "the user's VirtualBox") with start \(settings.start.rawValue)")
  }

  private static let keys = [
    Key(
      name: "command", shape: .scalar(.path),
      defaultText: "$PILAB_VBOXMANAGE, PATH, and where installers put it",
      meaning: "VBoxManage: a name, or a path, relative to the manifest or ~/…"),
    Key(
      name: "start", shape: .scalar(.choice("start", StartChoice.allCases.map(\.rawValue))),
      defaultText: "auto",
      meaning: "with VirtualBox's kernel module (driver) or without it (driverless, very slow); "
        + "auto: driver where it is loaded"),
    Key(
      name: "bootTimeout", shape: .scalar(.duration), defaultText: "3m with driver, 20m without",
      meaning: "how long a board may take from its start to its first answer"),
  ]
}
