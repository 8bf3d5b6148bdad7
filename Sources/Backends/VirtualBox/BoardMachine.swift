import LabCore
import LabValues

/// A board as a machine of VirtualBox: all that is asked of VirtualBox for it, and what VirtualBox then says of it.
///
///     adapter 1   internal network of the lab, or a UDP tunnel to the other board
///     adapter 2   NAT, with 127.0.0.1:port forwarded to the board's SSH server
///     port 1      serial, into a log file
///     port 2      serial, at a Unix socket: the console
struct BoardMachine: Sendable {
  /// What it boots from.
  enum Boot: Sendable, Equatable {
    /// The lab's board image, a disc that tells the board who it is, and an empty disk for large files.
    case image(iso: String, identity: String, disk: String)
    case cd(iso: String)
    /// A disk of its own that holds what differs from the user's.
    case disk(String)
    /// A linked clone, which brings its disks along.
    case clone
  }

  var name: String
  var uuid: String
  var group: String
  var description: String
  /// MiB.
  var memory: UInt64
  var processors: Int
  var boot: Boot
  var link: LinkEndpoint
  var managementMAC: MACAddress
  /// On 127.0.0.1.
  var port: UInt16
  var consoleLog: String
  var consoleSocket: String
  var version: VBoxVersion

  /// What VirtualBox's NAT gives the guest of adapter 2, also by DHCP.
  static let managementAddress = IPv4Address(value: 10 << 24 | 3 << 8 | 15)
  static let managementPrefixLength = 24
  static let forward = "ssh"

  var forwardRule: String { Self.forwardRule(port) }

  static func forwardRule(_ port: UInt16) -> String {
    "\(forward),tcp,127.0.0.1,\(port),\(managementAddress),22"
  }

  /// Arguments of `createvm`.
  func creation(in folder: String) -> [String] {
    [
      "createvm", "--name", name, "--uuid", uuid, "--basefolder", folder, "--groups", group,
      "--ostype", "Debian_64", "--register",
    ]
  }

  /// Arguments of `modifyvm`. The names of VirtualBox 6.1, which 7 knows too.
  var settings: [String] {
    var arguments = [
      "--memory", "\(memory)", "--cpus", "\(processors)", "--description", description,
    ]
    arguments += version >= .separateOptions ? ["--audio-enabled", "off"] : ["--audio", "none"]
    if boot != .clone {
      arguments += [
        "--ioapic", "on", "--rtcuseutc", "on", "--graphicscontroller", "vmsvga", "--vram", "9",
        "--firmware", "bios", "--boot1", bootDevice, "--boot2", "none", "--boot3", "none",
        "--boot4", "none", "--bioslogofadein", "off", "--bioslogofadeout", "off",
        "--bioslogodisplaytime", "0", "--biosbootmenu", "disabled",
      ]
    }
    return arguments + linkSettings + [
      "--nictype1", "virtio", "--macaddress1", link.mac?.plain ?? "auto", "--cableconnected1", "on",
      "--nic2", "nat", "--nictype2", "virtio", "--macaddress2", managementMAC.plain,
      "--cableconnected2", "on", "--natpf2", forwardRule,
      "--uart1", "0x3F8", "4", "--uartmode1", "file", consoleLog,
      "--uart2", "0x2F8", "3", "--uartmode2", "server", consoleSocket,
    ]
  }

  var linkSettings: [String] {
    switch link.carrier {
    case .network(let network): return ["--nic1", "intnet", "--intnet1", network]
    case .pair(let local, let remote), .hub(let local, let remote):
      return [
        "--nic1", "generic", "--nicgenericdrv1", "UDPTunnel", "--nicproperty1",
        "dest=127.0.0.1", "--nicproperty1", "sport=\(local)", "--nicproperty1", "dport=\(remote)",
      ]
    case .thisMachine, .bridgePort:
      preconditionFailure("VirtualBoxMaker joins machines by networks and ports")
    }
  }

  /// Arguments of `storagectl` and `storageattach`, call by call, but for the machine.
  var drives: [[String]] {
    let ide = ["storagectl", "--name", "discs", "--add", "ide", "--controller", "PIIX4"]
    func disc(_ file: String, _ port: Int) -> [String] {
      [
        "storageattach", "--storagectl", "discs", "--port", "\(port)", "--device", "0", "--type",
        "dvddrive", "--medium", file,
      ]
    }
    switch boot {
    case .image(let iso, let identity, let disk):
      let empty = ["storageattach"] + Self.deliveryDrive + ["--medium", "emptydrive"]
      let large = [
        "storageattach", "--storagectl", "discs", "--port", "0", "--device", "1", "--type", "hdd",
        "--medium", disk,
      ]
      return [ide, disc(iso, 0), disc(identity, 1), empty, large]
    case .cd(let iso): return [ide, disc(iso, 0)]
    case .disk(let file):
      return [
        [
          "storagectl", "--name", "disks", "--add", "sata", "--controller", "IntelAhci",
          "--portcount", "1",
        ],
        [
          "storageattach", "--storagectl", "disks", "--port", "0", "--device", "0", "--type",
          "hdd", "--medium", file,
        ],
      ]
    case .clone: return []
    }
  }

  /// The drive for discs that come while the machine runs, as `storageattach` is told.
  static let deliveryDrive = [
    "--storagectl", "discs", "--port", "1", "--device", "1", "--type", "dvddrive",
  ]

  private var bootDevice: String {
    if case .disk = boot { "disk" } else { "dvd" }
  }

  /// `showvminfo --machinereadable` of the machine, as far as it was asked for.
  var expected: [String: String] {
    var values = [
      "name": name, "UUID": uuid, "groups": group, "memory": "\(memory)", "cpus": "\(processors)",
      "description": description, "nictype1": "virtio",
      "cableconnected1": "on", "nic2": "nat", "nictype2": "virtio",
      "macaddress2": managementMAC.plain, "Forwarding(0)": forwardRule,
      "uart1": "0x03f8,4", "uartmode1": "file,\(consoleLog)", "uart2": "0x02f8,3",
      "uartmode2": "server,\(consoleSocket)",
    ]
    if let mac = link.mac { values["macaddress1"] = mac.plain }
    switch link.carrier {
    case .network(let network): (values["nic1"], values["intnet1"]) = ("intnet", network)
    default: (values["nic1"], values["generic1"]) = ("Generic", "UDPTunnel")
    }
    switch boot {
    case .image(let iso, let identity, let disk):
      (values["discs-0-0"], values["discs-1-0"], values["boot1"]) = (iso, identity, "dvd")
      (values["discs-1-1"], values["discs-0-1"]) = ("emptydrive", disk)
    case .cd(let iso): (values["discs-0-0"], values["boot1"]) = (iso, "dvd")
    case .disk(let file): (values["disks-0-0"], values["boot1"]) = (file, "disk")
    case .clone: break
    }
    return values
  }

  /// What `showvminfo` for people says of a tunnel; that for programs leaves it out.
  var expectedWords: String? {
    switch link.carrier {
    case .pair(let local, let remote), .hub(let local, let remote):
      "{ dest='127.0.0.1', dport='\(remote)', sport='\(local)' }"
    default: nil
    }
  }

  /// What VirtualBox has made of it otherwise: key, as asked, as found.
  func differences(
    from found: VBoxProperties
  ) -> [(key: String, asked: String, found: String?)] {
    expected.sorted { $0.key < $1.key }.compactMap { key, asked in
      found[key] == asked ? nil : (key, asked, found[key])
    }
  }
}
