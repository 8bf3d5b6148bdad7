import PiCrypto

/// What the image is made of and how: everything but the versions of the packages.
enum Recipe {
  /// Raise it when the way the image is put together changes.
  static let version = 3

  /// Packages whose files come onto the board or make it boot; libraries follow by themselves.
  static let packages = [
    "linux-image-cloud-amd64", "busybox-static", "dash", "dropbear-bin", "iproute2", "tcpdump",
    "isolinux", "syslinux-common",
  ]

  /// Programs by name, and where they lie on the board. dash is the shell because that of busybox takes its own
  /// programs before those in the PATH, its lesser `tc` among them.
  static let programs = [
    "dash": "bin/sh", "dropbear": "usr/sbin/dropbear", "tc": "sbin/tc",
    "tcpdump": "lib/pilab/tcpdump",
  ]
  static let programFolders = ["usr/sbin", "usr/bin", "sbin", "bin"]
  static let libraryFolders = [
    "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib64", "lib64",
  ]
  static let dynamicLinker = "ld-linux-x86-64.so.2"

  /// Without these there is no board.
  static let requiredModules = ["virtio_pci", "virtio_net", "sch_netem", "sch_tbf"]

  /// Good to have: random numbers of the host, drives that an identity may be on (IDE CD, virtio, SCSI),
  /// other queues. A later kernel may have them built in or not at all.
  static let modules =
    requiredModules + [
      "virtio_rng", "virtio_blk", "virtio_scsi", "virtio_mmio", "sd_mod", "sr_mod", "ata_piix",
      "ahci", "isofs", "button", "evdev", "sch_htb", "sch_prio", "sch_ingress", "cls_u32",
      "cls_matchall", "act_police", "act_mirred", "ifb",
    ]

  /// Files of this project on the board.
  static var guestFiles: [(path: String, contents: [UInt8], permissions: UInt32)] {
    [
      ("init", PackageResources.init_sh, 0o755),
      ("lib/pilab/ssh", PackageResources.ssh_sh, 0o755),
      ("lib/pilab/dhcp", PackageResources.dhcp_sh, 0o755),
      ("lib/pilab/disk", PackageResources.disk_sh, 0o755),
      ("usr/bin/tcpdump", PackageResources.tcpdump_sh, 0o755),
      ("etc/inittab", PackageResources.inittab_txt, 0o644),
    ]
  }

  /// Nobody has a password: `*` is none that any input gives.
  static let accounts: [(path: String, contents: String, permissions: UInt32)] = [
    ("etc/passwd", "root:*:0:0:root:/root:/bin/sh\n", 0o644),
    ("etc/group", "root:x:0:\n", 0o644),
    ("etc/shells", "/bin/sh\n", 0o644),
    ("etc/profile", "PS1='\\h:\\w\\$ '\n", 0o644),
  ]

  static let folders: [(path: String, permissions: UInt32)] = [
    ("root", 0o700), ("proc", 0o755), ("sys", 0o755), ("dev", 0o755), ("run", 0o755),
    ("tmp", 0o755), ("work", 0o755), ("etc/dropbear", 0o700),
  ]

  /// isolinux is told nothing and asks nothing.
  static func bootConfiguration(_ kind: BoardImage.Disc) -> String {
    """
    DEFAULT board
    PROMPT 0
    TIMEOUT 1
    LABEL board
      LINUX /\(BoardImage.names.kernel)
      INITRD /\(BoardImage.names.initramfs)
      APPEND \(kind.kernelArguments.joined(separator: " "))

    """
  }

  /// Digest of all this.
  static var digest: String {
    var text = "pilab board image \(version)\n"
    let places = programs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    text += (packages + places + modules).joined(separator: " ") + "\n"
    for (path, contents, permissions) in guestFiles {
      text += "\(path) \(permissions) \(Hex.encode(SHA256.digest(contents)))\n"
    }
    for (path, contents, permissions) in accounts { text += "\(path) \(permissions) \(contents)" }
    for (path, permissions) in folders { text += "\(path) \(permissions)\n" }
    for kind in BoardImage.Disc.allCases { text += "\(kind.file)\n" + bootConfiguration(kind) }
    return Hex.encode(SHA256.digest(Array(text.utf8)))
  }
}
