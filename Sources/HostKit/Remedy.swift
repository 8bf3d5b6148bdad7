/// What a user types to have programs that are missing.
public enum Remedy {
  /// - Parameter programs: by the names of `PackageNames`. What the system is not known to have a package for is named.
  public static func install(
    _ programs: [String], on family: SystemFamily? = .here
  ) -> String { command(programs, family, \.installing, "install") }

  /// The same for what is too old.
  public static func upgrade(
    _ programs: [String], on family: SystemFamily? = .here
  ) -> String { command(programs, family, \.upgrading, "upgrade") }

  private static func command(
    _ programs: [String], _ family: SystemFamily?, _ verb: (SystemFamily) -> String,
    _ plainVerb: String
  ) -> String {
    var packages: [String] = []
    var unknown: [String] = []
    for program in programs {
      guard let family, let name = PackageNames.of(program)?[family] else {
        unknown.append(program)
        continue
      }
      if !packages.contains(name) { packages.append(name) }
    }
    var parts: [String] = []
    if let family, !packages.isEmpty {
      parts.append("\(verb(family)) \(packages.joined(separator: " "))")
    }
    if let last = unknown.last {
      let others = unknown.dropLast().joined(separator: ", ")
      parts.append(
        others.isEmpty
          ? "\(plainVerb) the package that has \(last)"
          : "\(plainVerb) the packages that have \(others) and \(last)")
    }
    return parts.joined(separator: "; ")
  }
}

/// Which package of each system has a program; more than one where one alone does not make it work.
struct PackageNames: Sendable {
  private let names: [SystemFamily: String]

  /// Nil where a system has none.
  subscript(_ family: SystemFamily) -> String? { names[family].flatMap { $0.isEmpty ? nil : $0 } }

  /// - Parameters: nil for the name that Debian has, empty where there is none. A Mac has only what is named.
  private init(
    _ debian: String, ubuntu: String? = nil, fedora: String? = nil, arch: String? = nil,
    suse: String? = nil, alpine: String? = nil, macOS: String = ""
  ) {
    names = [
      .debian: debian, .ubuntu: ubuntu ?? debian, .fedora: fedora ?? debian,
      .arch: arch ?? debian, .suse: suse ?? debian, .alpine: alpine ?? debian, .macOS: macOS,
    ]
  }

  private static func onlyDebian(_ name: String) -> Self {
    Self(name, fedora: "", arch: "", suse: "", alpine: "")
  }

  static func of(_ program: String) -> Self? { table[program] }

  static var programs: some Collection<String> { table.keys }

  private static let table: [String: Self] = tools.merging(machines) { one, _ in one }

  /// Network namespaces, captures, SSH, the board image and the PDF.
  private static let tools: [String: Self] = [
    "ip": Self("iproute2", fedora: "iproute"),
    "tc": Self("iproute2", fedora: "iproute-tc"),
    "unshare": Self("util-linux"),
    "nsenter": Self("util-linux"),
    "mount": Self(
      "mount", fedora: "util-linux", arch: "util-linux", suse: "util-linux", alpine: "util-linux"),
    "sh": Self("dash", fedora: "bash", arch: "bash", suse: "bash", alpine: "busybox"),
    "sleep": Self("coreutils"),
    "hostname": Self("hostname", arch: "inetutils", alpine: "busybox"),
    "nft": Self("nftables"),
    "tcpdump": Self("tcpdump", macOS: "tcpdump"),
    "dumpcap": Self(
      "wireshark-common", fedora: "wireshark-cli", arch: "wireshark-cli", suse: "wireshark",
      macOS: "wireshark"),
    "ssh": Self(
      "openssh-client", fedora: "openssh-clients", arch: "openssh", suse: "openssh-clients",
      macOS: "openssh"),
    "ssh-keygen": Self(
      "openssh-client", fedora: "openssh-clients", arch: "openssh", suse: "openssh-clients",
      alpine: "openssh-keygen", macOS: "openssh"),
    "apt-get": onlyDebian("apt"),
    "apt-cache": onlyDebian("apt"),
    "dpkg-deb": onlyDebian("dpkg"),
    "zstd": Self("zstd", macOS: "zstd"),
    "xz": Self("xz-utils", fedora: "xz", arch: "xz", suse: "xz", alpine: "xz", macOS: "xz"),
    "xorriso": Self("xorriso", arch: "libisoburn", macOS: "xorriso"),
    "chromium": Self("chromium", ubuntu: "chromium-browser"),
  ]

  /// Hypervisors. The kernel module of VirtualBox and libvirt's library go by their files' names.
  private static let machines: [String: Self] = [
    "libvirtd": Self(
      "libvirt-daemon-system", fedora: "libvirt", arch: "libvirt", suse: "libvirt",
      alpine: "libvirt-daemon libvirt-qemu", macOS: "libvirt"),
    "libvirt.so.0": Self(
      "libvirt0", fedora: "libvirt-libs", arch: "libvirt", suse: "libvirt-libs",
      alpine: "libvirt-libs", macOS: "libvirt"),
    "qemu-system-x86_64": Self(
      "qemu-system-x86", fedora: "qemu-kvm", arch: "qemu-base", suse: "qemu-x86",
      alpine: "qemu-system-x86_64", macOS: "qemu"),
    "qemu-img": Self(
      "qemu-utils", fedora: "qemu-img", arch: "qemu-img", suse: "qemu-tools", alpine: "qemu-img",
      macOS: "qemu"),
    "dnsmasq": Self(
      "dnsmasq-base", fedora: "dnsmasq", arch: "dnsmasq", suse: "dnsmasq", alpine: "dnsmasq",
      macOS: "dnsmasq"),
    "VBoxManage": Self("virtualbox", fedora: "VirtualBox", alpine: "", macOS: "--cask virtualbox"),
    "VirtualBoxVM": Self(
      "virtualbox-qt", fedora: "VirtualBox", arch: "virtualbox", alpine: "",
      macOS: "--cask virtualbox"),
    "vboxdrv": Self(
      "virtualbox-dkms", fedora: "akmod-VirtualBox", arch: "virtualbox-host-dkms",
      suse: "virtualbox-host-source", alpine: ""),
    "xvfb-run": Self(
      "xvfb xauth", fedora: "xorg-x11-server-Xvfb xorg-x11-xauth",
      arch: "xorg-server-xvfb xorg-xauth", suse: "xvfb-run xauth", alpine: "xvfb-run xauth"),
  ]
}
